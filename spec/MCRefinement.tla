---------------------------- MODULE MCRefinement ----------------------------
(***************************************************************************)
(* Stack implements Offers, and with it Handshake and AcceptQueue: each is *)
(* checked of the same behaviours. The variables of the levels above are   *)
(* kept beside Stack's, so that TLC works each out once a state.           *)
(***************************************************************************)
EXTENDS MC, Refinement

VARIABLES
  oApp, oConn, oNotices, oBack, oAppToTs, oTsToApp, oListener, oQueue, oOffer, oCmToCm,  \* Offers'
  hOpen, hReady,                                                                         \* Handshake's
  qListeners, qReady, qLate, qOpen, qConn                                                \* AcceptQueue's

NoTime == [a \in Applications |-> 0]

O == INSTANCE Offers WITH
  Scheme <- IF Naive THEN "Naive" ELSE "Unfiltered", Times <- {}, Tariff <- 1, High <- 100, Low <- 100,
  app <- oApp, conn <- oConn, notices <- oNotices, back <- oBack, appToTs <- oAppToTs, tsToApp <- oTsToApp,
  listener <- oListener, time <- NoTime, queue <- oQueue, offer <- oOffer, cmToCm <- oCmToCm
H == INSTANCE Handshake WITH
  app <- oApp, conn <- oConn, notices <- oNotices, back <- oBack, appToTs <- oAppToTs, tsToApp <- oTsToApp,
  listener <- oListener, open <- hOpen, ready <- hReady
Q == INSTANCE AcceptQueue WITH
  listeners <- qListeners, ready <- qReady, late <- qLate, open <- qOpen, conn <- qConn

above ==
  <<oApp, oConn, oNotices, oBack, oAppToTs, oTsToApp, oListener, oQueue, oOffer, oCmToCm, hOpen, hReady,
    qListeners, qReady, qLate, qOpen, qConn>>

RefinementInit ==
  /\ MCInit
  /\ oApp = OffersApp /\ oConn = OffersConn /\ oNotices = OffersNotices /\ oBack = OffersBack
  /\ oAppToTs = OffersAppToTs /\ oTsToApp = OffersTsToApp /\ oListener = OffersListener
  /\ oQueue = OffersQueue /\ oOffer = OffersOffer /\ oCmToCm = OffersCmToCm
  /\ hOpen = O!HandshakeOpen /\ hReady = O!HandshakeReady
  /\ qListeners = H!QueueListeners /\ qReady = H!QueueReady /\ qLate = H!QueueLate
  /\ qOpen = H!QueueOpen /\ qConn = H!QueueConn

Follow ==
  /\ oApp' = OffersApp' /\ oConn' = OffersConn' /\ oNotices' = OffersNotices' /\ oBack' = OffersBack'
  /\ oAppToTs' = OffersAppToTs' /\ oTsToApp' = OffersTsToApp' /\ oListener' = OffersListener'
  /\ oQueue' = OffersQueue' /\ oOffer' = OffersOffer' /\ oCmToCm' = OffersCmToCm'
  /\ hOpen' = O!HandshakeOpen' /\ hReady' = O!HandshakeReady'
  /\ qListeners' = H!QueueListeners' /\ qReady' = H!QueueReady' /\ qLate' = H!QueueLate'
  /\ qOpen' = H!QueueOpen' /\ qConn' = H!QueueConn'

OfApplication(a) == ApplicationStep(a) /\ Follow
OfManager(m) == ManagerStep(m) /\ Follow
OfTransport(t) == TransportStep(t) /\ Follow
RefinementNext ==
  \/ \E a \in Applications : OfApplication(a)
  \/ \E m \in Managers : OfManager(m)
  \/ \E t \in Transports : OfTransport(t)

RefinementSpec == RefinementInit /\ [][RefinementNext]_<<mcVars, above>>

FairRefinementSpec == RefinementSpec /\ Fairness

ImplementsOffers == O!Spec
ImplementsHandshake == H!Spec
Queue == Q!Spec
FairQueue == Q!FairSpec
\* A manager that knows of no listener refuses, and then may.
RefusesRightly == (\E m \in Managers : ~AnyListener(m)) => Q!MayRefuse

-----------------------------------------------------------------------------
(* Known to be bad, each in the place of one rule of Stack, or of the mapping. *)

\* Removal without generation.
BadRemoves(a, g) == TRUE
\* An offer that timed out is taken again.
BadStale(m, x) == FALSE
\* A claim names its connection only.
BadAnswers(x, a, n) == x.phase = "Announced"
\* A transport that gives back for want of room tells nobody.
BadOffersBack == [t \in Transports |-> [a \in Applications |-> 0]]
\* A connection lives only from OPEN or ASSIGN on.
BadLives(c) == conn[c].phase # "Gone"
=============================================================================

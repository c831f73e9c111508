---------------------------- MODULE MCRefinement ----------------------------
(***************************************************************************)
(* Stack implements Offers, and with it Handshake and AcceptQueue: each is *)
(* checked of the same behaviours. The variables of the levels above are   *)
(* kept beside Stack's, so that TLC works each out once a state.           *)
(***************************************************************************)
EXTENDS MC, Refinement

VARIABLES
  oApp, oConn, oBack, oAppToTs, oTsToApp, oTsToCm, oListener, oOffer, oCmToCm,  \* Offers'
  hOpen, hReady,                                                               \* Handshake's
  qListeners, qReady, qLate, qOpen, qConn                                      \* AcceptQueue's

NoTime == [a \in Applications |-> 0]

O == INSTANCE Offers WITH
  Scheme <- IF Naive THEN "Naive" ELSE "Unfiltered", Times <- {}, Tariff <- 1, High <- 100, Low <- 100,
  app <- oApp, conn <- oConn, back <- oBack, appToTs <- oAppToTs, tsToApp <- oTsToApp, tsToCm <- oTsToCm,
  listener <- oListener, time <- NoTime, offer <- oOffer, cmToCm <- oCmToCm
H == INSTANCE Handshake WITH
  app <- oApp, conn <- oConn, back <- oBack, appToTs <- oAppToTs, tsToApp <- oTsToApp, tsToCm <- oTsToCm,
  listener <- oListener, open <- hOpen, ready <- hReady
Q == INSTANCE AcceptQueue WITH
  listeners <- qListeners, ready <- qReady, late <- qLate, open <- qOpen, conn <- qConn

above ==
  <<oApp, oConn, oBack, oAppToTs, oTsToApp, oTsToCm, oListener, oOffer, oCmToCm, hOpen, hReady,
    qListeners, qReady, qLate, qOpen, qConn>>

RefinementInit ==
  /\ MCInit
  /\ oApp = OffersApp /\ oConn = OffersConn /\ oBack = OffersBack
  /\ oAppToTs = OffersAppToTs /\ oTsToApp = OffersTsToApp /\ oTsToCm = OffersTsToCm
  /\ oListener = OffersListener /\ oOffer = OffersOffer /\ oCmToCm = OffersCmToCm
  /\ hOpen = O!HandshakeOpen /\ hReady = O!HandshakeReady
  /\ qListeners = H!QueueListeners /\ qReady = H!QueueReady /\ qLate = H!QueueLate
  /\ qOpen = H!QueueOpen /\ qConn = H!QueueConn

Follow ==
  /\ oApp' = OffersApp' /\ oConn' = OffersConn' /\ oBack' = OffersBack'
  /\ oAppToTs' = OffersAppToTs' /\ oTsToApp' = OffersTsToApp' /\ oTsToCm' = OffersTsToCm'
  /\ oListener' = OffersListener' /\ oOffer' = OffersOffer' /\ oCmToCm' = OffersCmToCm'
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
\* A manager asks its own listeners alone.
BadAnyListener(m) == LocalListener(m)
\* A claim names its connection only.
BadAnswers(x, a, n) == x.phase = "Announced"
\* A transport that gives back for want of room tells nobody.
BadOffersBack == [t \in Transports |-> [a \in Applications |-> 0]]
\* What is on its way to a process that has ended arrives.
BadOffersTsToApp ==
  [t \in Transports |-> [a \in Applications |-> SelectSeq(tsToApp[t][a], LAMBDA z : z.type # "Attached")]]
=============================================================================

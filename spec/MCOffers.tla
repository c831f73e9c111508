------------------------------- MODULE MCOffers -------------------------------
(***************************************************************************)
(* Limits that make Offers finite, and its refinement of Handshake and     *)
(* with it of AcceptQueue.                                                 *)
(***************************************************************************)
EXTENDS Offers

CONSTANTS
  MaxSyns,      \* connections created
  MaxTimeouts,  \* claim timers that fire too early
  MaxDeclines,  \* assignments given back for want of room
  MaxMeasures,  \* service times measured
  MaxOffers,    \* offers sent again though only their service time is new
  MaxStops      \* listeners closed, processes ended, and processes that take a slot again

VARIABLES left, sent,
  hOpen, hReady,                           \* Handshake's
  qListeners, qReady, qLate, qOpen, qConn  \* AcceptQueue's

H == INSTANCE Handshake WITH open <- hOpen, ready <- hReady
Q == INSTANCE AcceptQueue WITH
  listeners <- qListeners, ready <- qReady, late <- qLate, open <- qOpen, conn <- qConn

above == <<hOpen, hReady, qListeners, qReady, qLate, qOpen, qConn>>
mcVars == <<vars, left, sent, above>>

MCInit ==
  /\ Init
  /\ left = [syns |-> MaxSyns, timeouts |-> MaxTimeouts, declines |-> MaxDeclines,
             measures |-> MaxMeasures, offers |-> MaxOffers, stops |-> MaxStops]
  /\ sent = [m \in Managers |-> [k \in Managers |-> OfferMessage(Nobody, FALSE, 0)]]
  /\ hOpen = HandshakeOpen /\ hReady = HandshakeReady
  /\ qListeners = H!QueueListeners /\ qReady = H!QueueReady /\ qLate = H!QueueLate
  /\ qOpen = H!QueueOpen /\ qConn = H!QueueConn

Follow ==
  /\ hOpen' = HandshakeOpen' /\ hReady' = HandshakeReady'
  /\ qListeners' = H!QueueListeners' /\ qReady' = H!QueueReady' /\ qLate' = H!QueueLate'
  /\ qOpen' = H!QueueOpen' /\ qConn' = H!QueueConn'
Free == UNCHANGED <<left, sent>> /\ Follow
Spend(what) == left[what] > 0 /\ left' = [left EXCEPT ![what] = @ - 1] /\ UNCHANGED sent /\ Follow

\* The application that was told would still claim.
TooEarly(c) ==
  LET a == conn[c].a
      n == conn[c].n
      t == TransportOf(c)
  IN  /\ app[a].phase # "Down"
      /\ \/ <<c, n, conn[c].g>> \in app[a].tokens
         \/ app[a].phase # "Closed" /\ Has(tsToApp[t][a], "ConnectionAvailable", c, n)
         \/ Has(appToTs[a][t], "ClaimConnection", c, n)
Ended(c) == Assigned(c) /\ app[Assignment(c).a].phase = "Down"

MCStart(a) == Start(a) /\ UNCHANGED managers /\ IF app[a].g = 0 THEN Free ELSE Spend("stops")
MCStop(a) == (CloseListener(a) \/ Die(a)) /\ UNCHANGED managers /\ Spend("stops")
MCApplication(a) ==
  /\ \/ Register(a)
     \/ \E x \in app[a].tokens : Claim(a, x)
     \/ \E t \in Transports : ReceiveAvailable(a, t) \/ ReceiveAnswer(a, t)
  /\ UNCHANGED managers /\ Free
MCRelease(a) == (\E x \in app[a].owned : Release(a, x)) /\ UNCHANGED managers /\ Free
\* An assignment is kept once a connection: that which creates it.
MCTransport(t) ==
  /\ \/ \E m \in Managers : ReceiveOpen(t, m) \/ ReceiveVainAssign(t, m) \/ ReceiveReset(t, m)
     \/ \E a \in Applications : ReceiveClaim(t, a) \/ TransportReceiveDetach(t, a)
     \/ \E c \in Connections :
          /\ TransportOf(c) = t
          /\ \/ Keep(c) /\ ~Ended(c) /\ conn[c].phase = "Gone"
             \/ Announce(c) /\ ~Ended(c) /\ conn[c].phase # "Gone"
             \/ Decline(c, FALSE) /\ Ended(c)
             \/ ClaimTimeout(c) /\ ~TooEarly(c)
  /\ UNCHANGED managers /\ Free
MCGo(c) == Go(c) /\ UNCHANGED managers /\ Free
\* A transport may announce to a process that has ended, which it does not know yet.
MCDeaf(c) == Ended(c) /\ (Keep(c) \/ Announce(c)) /\ UNCHANGED managers /\ Free
MCDecline(c) == Decline(c, TRUE) /\ ~Ended(c) /\ UNCHANGED managers /\ Spend("declines")
MCTimeout(c) == ClaimTimeout(c) /\ TooEarly(c) /\ UNCHANGED managers /\ Spend("timeouts")

MCSyn(c) == (SynQueued(c) \/ \E x \in Candidates(ManagerOf(c)) : SynAssigned(c, x)) /\ Spend("syns")
MCAssign(m) == (\E x \in Candidates(m) : AssignWaiting(m, x)) /\ Free
MCReset(m) == ResetWaiting(m) /\ Free
MCFromTransport(m, t) ==
  (ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t) \/ ReceiveConnectionClosed(m, t)) /\ Free
MCFromApplication(a) == (ReceiveAcceptConnection(a) \/ ManagerReceiveDetach(a)) /\ Free
MCMeasure(a) ==
  /\ a \in listener
  /\ \E t \in Times \ {time[a]} : Measure(a, t)
  /\ Spend("measures")
MCSendOffer(m, k) ==
  /\ k # m /\ cmToCm[m][k] = <<>>
  /\ \E x \in Locals(m) \cup {Nobody} :
       /\ SendOffer(m, k, x)
       /\ LET news == cmToCm'[m][k][1]
              old == sent[m][k]
          IN  /\ news # old
              /\ IF [news EXCEPT !.time = old.time] = old
                 THEN left["offers"] > 0 /\ left' = [left EXCEPT !["offers"] = @ - 1]
                 ELSE UNCHANGED left
              /\ sent' = [sent EXCEPT ![m][k] = news]
  /\ Follow
MCReceiveOffer(m, k) == ReceiveOffer(m, k) /\ Free

MCNext ==
  \/ \E a \in Applications :
       MCStart(a) \/ MCStop(a) \/ MCApplication(a) \/ MCRelease(a) \/ MCFromApplication(a) \/ MCMeasure(a)
  \/ \E t \in Transports : MCTransport(t)
  \/ \E c \in Connections :
       MCGo(c) \/ MCDeaf(c) \/ MCDecline(c) \/ MCTimeout(c) \/ MCSyn(c)
  \/ \E m \in Managers :
       \/ MCAssign(m) \/ MCReset(m)
       \/ \E t \in Transports : MCFromTransport(m, t)
       \/ \E k \in Managers : MCSendOffer(m, k) \/ MCReceiveOffer(m, k)

\* Everything but what the world decides: SYNs, deaths, closes, too early timers, ends of connections, service times.
Fairness ==
  /\ \A a \in Applications : WF_mcVars(MCApplication(a)) /\ WF_mcVars(MCFromApplication(a))
  /\ \A t \in Transports : WF_mcVars(MCTransport(t))
  /\ \A m \in Managers :
       /\ WF_mcVars(MCAssign(m)) /\ WF_mcVars(MCReset(m))
       /\ \A t \in Transports : WF_mcVars(MCFromTransport(m, t))
       /\ \A k \in Managers : WF_mcVars(MCSendOffer(m, k)) /\ WF_mcVars(MCReceiveOffer(m, k))

MCSpec == MCInit /\ [][MCNext]_mcVars
FairSpec == MCSpec /\ Fairness

\* The refinements, without and with what must happen.
Implements == H!Spec
Queue == Q!Spec
FairQueue == Q!FairSpec
\* A manager that knows of no listener refuses, and then may.
RefusesRightly == (\E m \in Managers : ~AnyListener(m)) => Q!MayRefuse
NoLostWakeup == H!NoLostWakeup

-----------------------------------------------------------------------------
(* Known to be bad, each in the place of one rule. *)

\* What timed out before is taken again.
BadStale(m, x) == FALSE
\* Removal without generation.
BadRemoves(a, g) == TRUE
=============================================================================

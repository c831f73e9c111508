----------------------------- MODULE MCHandshake -----------------------------
(***************************************************************************)
(* Limits that make Handshake finite, and its refinement of AcceptQueue.   *)
(***************************************************************************)
EXTENDS Handshake

CONSTANTS
  MaxSyns,      \* connections created
  MaxTimeouts,  \* claim timers that fire too early
  MaxDeclines,  \* assignments given back for want of room
  MaxStale,     \* assignments to who is no longer listed, or will soon not be
  MaxStops,     \* listeners closed, processes ended, and processes that take a slot again
  Split         \* TRUE: some parts hear later than others who listens

VARIABLES left,
  qListeners, qReady, qLate, qOpen, qConn  \* AcceptQueue's

Q == INSTANCE AcceptQueue WITH
  listeners <- qListeners, ready <- qReady, late <- qLate, open <- qOpen, conn <- qConn

mcVars == <<vars, left, qListeners, qReady, qLate, qOpen, qConn>>

MCInit ==
  /\ Init
  /\ left = [syns |-> MaxSyns, timeouts |-> MaxTimeouts, declines |-> MaxDeclines, stale |-> MaxStale, stops |-> MaxStops]
  /\ qListeners = QueueListeners /\ qReady = QueueReady /\ qLate = QueueLate /\ qOpen = QueueOpen /\ qConn = QueueConn

Follow ==
  /\ qListeners' = QueueListeners' /\ qReady' = QueueReady' /\ qLate' = QueueLate'
  /\ qOpen' = QueueOpen' /\ qConn' = QueueConn'
Free == UNCHANGED left /\ Follow
Spend(what) == left[what] > 0 /\ left' = [left EXCEPT ![what] = @ - 1] /\ Follow

\* The application that was told would still claim.
TooEarly(c) ==
  LET a == conn[c].a
      n == conn[c].n
      t == TransportOf(c)
  IN  /\ app[a].phase # "Down"
      /\ \/ <<c, n, conn[c].g>> \in app[a].tokens
         \/ app[a].phase # "Closed" /\ Has(tsToApp[t][a], "ConnectionAvailable", c, n)
         \/ Has(appToTs[a][t], "ClaimConnection", c, n)

\* An assignment's acceptor has ended, as far as its transport can know.
Ended(c) == Assigned(c) /\ app[Assignment(c).a].phase = "Down"

MCStart(a) == Start(a) /\ UNCHANGED manager /\ IF app[a].g = 0 THEN Free ELSE Spend("stops")
MCStop(a) == (CloseListener(a) \/ Die(a)) /\ UNCHANGED manager /\ Spend("stops")
MCApplication(a) ==
  /\ \/ Register(a)
     \/ \E x \in app[a].tokens : Claim(a, x)
     \/ \E t \in Transports : ReceiveAvailable(a, t) \/ ReceiveAnswer(a, t)
  /\ UNCHANGED manager /\ Free
MCRelease(a) == (\E x \in app[a].owned : Release(a, x)) /\ UNCHANGED manager /\ Free
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
  /\ UNCHANGED manager /\ Free
MCGo(t) == (\E c \in Connections : TransportOf(c) = t /\ Go(c)) /\ UNCHANGED manager /\ Free
\* A transport may announce to a process that has ended, which it does not know yet.
MCDeaf(t) ==
  /\ \E c \in Connections : TransportOf(c) = t /\ Ended(c) /\ (Keep(c) \/ Announce(c))
  /\ UNCHANGED manager /\ Free
MCDecline(t) ==
  /\ \E c \in Connections : TransportOf(c) = t /\ Decline(c, TRUE) /\ ~Ended(c)
  /\ UNCHANGED manager /\ Spend("declines")
MCTimeout(t) ==
  /\ \E c \in Connections : TransportOf(c) = t /\ ClaimTimeout(c) /\ TooEarly(c)
  /\ UNCHANGED manager /\ Spend("timeouts")

\* Listed, and no removal of it under way.
Sound(x) ==
  /\ Listed(x)
  /\ \A t \in Transports : ~\E z \in Rng(tsToCm[t][Home(x[1])]) :
       IF z.type \in {"AcceptorTimedOut", "AcceptorRemoved"} THEN <<z.a, z.g>> = x ELSE FALSE

MCSyn(c) ==
  /\ \/ (~\E x \in Handles : Sound(x)) /\ SynQueued(c)
     \/ \E x \in Handles : Sound(x) /\ SynAssigned(c, x)
  /\ Spend("syns")
\* Also when somebody is listed: what waits is not overtaken.
MCSynBehind(c) ==
  /\ \E d \in Connections : entry[d] = "Queued"
  /\ SynQueued(c) /\ Spend("syns")
MCStale(c) ==
  /\ \E x \in Handles : ~Sound(x) /\ AssignWaiting(c, x)
  /\ Spend("stale")
MCAssign(c) == (\E x \in Handles : Sound(x) /\ AssignWaiting(c, x)) /\ Free
MCReset(c) == ResetWaiting(c) /\ Free
MCFromTransport(m, t) ==
  (ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t) \/ ReceiveConnectionClosed(m, t)) /\ Free
MCFromApplication(a) ==
  /\ \E known \in BOOLEAN : (Split \/ known) /\ (ReceiveAcceptConnection(a, known) \/ ManagerReceiveDetach(a, known))
  /\ Free
MCReady == (\E them \in SUBSET Applications : Ready(them)) /\ Free
MCShut == Shut /\ Free

MCNext ==
  \/ \E a \in Applications : MCStart(a) \/ MCStop(a) \/ MCApplication(a) \/ MCRelease(a) \/ MCFromApplication(a)
  \/ \E t \in Transports : MCTransport(t) \/ MCGo(t) \/ MCDeaf(t) \/ MCDecline(t) \/ MCTimeout(t)
  \/ \E c \in Connections :
       MCSyn(c) \/ MCSynBehind(c) \/ MCStale(c) \/ MCAssign(c) \/ MCReset(c)
  \/ \E m \in Managers, t \in Transports : MCFromTransport(m, t)
  \/ MCReady \/ MCShut

\* Everything but what the world decides: SYNs, deaths, closes, too early timers, ends of connections, stale assignments.
Fairness ==
  /\ \A a \in Applications : WF_mcVars(MCApplication(a)) /\ WF_mcVars(MCFromApplication(a))
  /\ \A t \in Transports : WF_mcVars(MCTransport(t))
  /\ \A c \in Connections : WF_mcVars(MCAssign(c)) /\ WF_mcVars(MCReset(c))
  /\ \A m \in Managers, t \in Transports : WF_mcVars(MCFromTransport(m, t))
  /\ WF_mcVars(MCReady) /\ WF_mcVars(MCShut)

MCSpec == MCInit /\ [][MCNext]_mcVars
FairSpec == MCSpec /\ Fairness

\* The refinement, without and with what must happen.
Queue == Q!Spec
FairQueue == Q!FairSpec
AcceptedOnce == Q!AcceptedOnce
Served == Q!Served
QueueTypeOK == Q!TypeOK

\* An application that is up is listed in the end, unless it stops.
Registered == \A a \in Applications : (app[a].phase = "Up") ~> (Listed(<<a, app[a].g>>) \/ app[a].phase # "Up")
\* A claim is answered.
Answered == \A a \in Applications : (app[a].claims # {}) ~> (app[a].claims = {})

-----------------------------------------------------------------------------
(* Known to be bad, each in the place of one rule: of the handshake, or of what is claimed to be its abstraction. *)

\* A claim names its connection only.
BadAnswers(y, a, n) == y.phase = "Announced"
\* The connection is used before CLAIMED.
BadUsedAtClaim(x) == {<<x[1], x[2]>>}
\* TIMED-OUT makes nobody register again.
BadUnregisters(a, g) == FALSE
\* Removal without generation.
BadRemoves(a, g) == TRUE
\* An accept() that is under way comes to nothing when its application closes.
BadTakers == qListeners
\* Nothing is reset while anybody has called listen(), returned or not.
BadMayRefuse == qListeners = {}
\* ASSIGN creates what its transport does not know.
BadInVain(y) == FALSE
\* A connection lives only from OPEN or ASSIGN on.
BadLives(c) == conn[c].phase # "Gone"
=============================================================================

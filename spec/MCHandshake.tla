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

\* Its acceptor has ended, as far as its transport can know.
Ended(c) == app[conn[c].a].phase = "Down"

MCStart(a) == Start(a) /\ UNCHANGED manager /\ IF app[a].g = 0 THEN Free ELSE Spend("stops")
MCStop(a) == (CloseListener(a) \/ Die(a)) /\ UNCHANGED manager /\ Spend("stops")
MCApplication(a) ==
  /\ \/ Register(a)
     \/ \E x \in app[a].tokens : Claim(a, x)
     \/ \E t \in Transports : ReceiveAvailable(a, t) \/ ReceiveAnswer(a, t)
  /\ UNCHANGED manager /\ Free
MCRelease(a) == (\E x \in app[a].owned : Release(a, x)) /\ UNCHANGED manager /\ Free
MCTransport(t) ==
  /\ \/ \E a \in Applications : ReceiveClaim(t, a) \/ TransportReceiveDetach(t, a)
     \/ \E c \in Connections :
          /\ TransportOf(c) = t
          /\ \/ Announce(c) /\ ~Ended(c)
             \/ Decline(c, FALSE) /\ Ended(c)
             \/ ClaimTimeout(c) /\ ~TooEarly(c)
             \/ conn[c].phase = "Resetting" /\ Go(c)
  /\ UNCHANGED manager /\ Free
MCGo(t) ==
  /\ \E c \in Connections : TransportOf(c) = t /\ conn[c].phase # "Resetting" /\ Go(c)
  /\ UNCHANGED manager /\ Free
\* A transport may announce to a process that has ended, which it does not know yet.
MCDeaf(t) ==
  /\ \E c \in Connections : TransportOf(c) = t /\ Announce(c) /\ Ended(c)
  /\ UNCHANGED manager /\ Free
MCDecline(t) ==
  /\ \E c \in Connections : TransportOf(c) = t /\ Decline(c, TRUE) /\ ~Ended(c)
  /\ UNCHANGED manager /\ Spend("declines")
MCTimeout(t) ==
  /\ \E c \in Connections : TransportOf(c) = t /\ ClaimTimeout(c) /\ TooEarly(c)
  /\ UNCHANGED manager /\ Spend("timeouts")

\* Listed, and no removal of it under way.
Sound(x) == Listed(x) /\ <<Home(x[1]), x[1], x[2]>> \notin notices

MCSyn(c) ==
  /\ \/ (~\E x \in Handles : Sound(x)) /\ SynQueued(c)
     \/ \E x \in Handles : Sound(x) /\ SynAssigned(c, x)
  /\ Spend("syns")
\* Also when somebody is listed: what waits is not overtaken.
MCSynBehind(c) ==
  /\ \E d \in Connections : conn[d].phase = "Queued"
  /\ SynQueued(c) /\ Spend("syns")
MCStale(c) ==
  /\ \E x \in Handles : ~Sound(x) /\ AssignWaiting(c, x)
  /\ Spend("stale")
MCAssign(c) == (\E x \in Handles : Sound(x) /\ AssignWaiting(c, x)) /\ Free
MCReset(c) == ResetWaiting(c) /\ Free
MCReceiveReturn(c) == (\E kept \in BOOLEAN : (Split \/ ~kept) /\ ReceiveReturn(c, kept)) /\ Free
MCReceiveNotice(m) ==
  /\ \E x \in notices, kept \in BOOLEAN : x[1] = m /\ (Split \/ ~kept) /\ ReceiveNotice(m, x[2], x[3], kept)
  /\ Free
MCFromApplication(a) ==
  /\ \E known \in BOOLEAN : (Split \/ known) /\ (ReceiveAcceptConnection(a, known) \/ ManagerReceiveDetach(a, known))
  /\ Free
MCReady == (\E them \in SUBSET Applications : Ready(them)) /\ Free
MCShut == Shut /\ Free

MCNext ==
  \/ \E a \in Applications : MCStart(a) \/ MCStop(a) \/ MCApplication(a) \/ MCRelease(a) \/ MCFromApplication(a)
  \/ \E t \in Transports : MCTransport(t) \/ MCGo(t) \/ MCDeaf(t) \/ MCDecline(t) \/ MCTimeout(t)
  \/ \E c \in Connections :
       MCSyn(c) \/ MCSynBehind(c) \/ MCStale(c) \/ MCAssign(c) \/ MCReset(c) \/ MCReceiveReturn(c)
  \/ \E m \in Managers : MCReceiveNotice(m)
  \/ MCReady \/ MCShut

\* Everything but what the world decides: SYNs, deaths, closes, too early timers, ends of connections, stale assignments.
Fairness ==
  /\ \A a \in Applications : WF_mcVars(MCApplication(a)) /\ WF_mcVars(MCFromApplication(a))
  /\ \A t \in Transports : WF_mcVars(MCTransport(t))
  /\ \A c \in Connections : WF_mcVars(MCAssign(c)) /\ WF_mcVars(MCReset(c)) /\ WF_mcVars(MCReceiveReturn(c))
  /\ \A m \in Managers : WF_mcVars(MCReceiveNotice(m))
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
=============================================================================

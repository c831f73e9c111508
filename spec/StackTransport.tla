--------------------------- MODULE StackTransport ---------------------------
(***************************************************************************)
(* A Transport Server: it has the connections, announces each to whom it   *)
(* is assigned, and answers the claims (§3.2).                             *)
(***************************************************************************)
EXTENDS StackState

-----------------------------------------------------------------------------
(* Rules that known-bad models replace one at a time (protocol hazards) *)

\* The claim answers the announcement that is armed.
Answers(x, a, n) == x.phase = "Announced" /\ x.a = a /\ x.n = n
\* A claim in any other state is answered too.
RefusesClaim(x) == TRUE
\* An assignment of a connection that the transport does not know.
CreatesUnknown == FALSE

-----------------------------------------------------------------------------
(* Steps *)

\* What telling a of the established connection c comes to.
AnnounceOutcome(t, a) == IF acc[t][a].alive /\ acc[t][a].outstanding < Room THEN "Announced" ELSE "GivenBack"

\* The assigning manager is to give the connection to another; the home of a is told too, if it is another manager.
GiveBackMessages(t, c, a, g) ==
  LET one == Send(tsToCm, t, ManagerOf(c), AcceptorTimedOut(c, a, g))
  IN  IF Home(a) = ManagerOf(c) THEN one ELSE Send(one, t, Home(a), AcceptorRemoved(a, g))

GiveBack(t, c, x, phase, a, g) ==
  /\ conn' = [conn EXCEPT ![c] = [x EXCEPT !.phase = phase, !.a = None, !.g = 0]]
  /\ tsToCm' = GiveBackMessages(t, c, a, g)
  /\ tsToApp' = tsToApp

Announce(t, c, x, a, g) ==
  IF AnnounceOutcome(t, a) = "Announced"
  THEN /\ conn' = [conn EXCEPT ![c] = [x EXCEPT !.phase = "Announced", !.a = a, !.g = g, !.n = x.n + 1]]
       /\ acc' = [acc EXCEPT ![t][a].outstanding = @ + 1]
       /\ tsToApp' = Send(tsToApp, t, a, Available(c, x.n + 1, g))
       /\ tsToCm' = tsToCm
  ELSE /\ acc' = IF acc[t][a].alive /\ g > acc[t][a].back THEN [acc EXCEPT ![t][a].back = g] ELSE acc
       /\ GiveBack(t, c, x, "Waiting", a, g)

\* Late: an assignment that comes to nothing leaves its acceptor to be used by another.
UnusedMessages(t, a, g) == IF Late THEN Send(tsToCm, t, Home(a), AcceptorUnused(a, g)) ELSE tsToCm
\* Late: who has nobody yet waits from here on.
EstablishedMessages(t, c) == IF Late THEN Send(tsToCm, t, ManagerOf(c), ConnectionEstablished(c)) ELSE tsToCm

AssignOpening(t, c, x, a, g) ==
  /\ acc' = acc
  /\ IF acc[t][a].alive
     THEN conn' = [conn EXCEPT ![c] = [x EXCEPT !.phase = "Opening", !.a = a, !.g = g]] /\ UNCHANGED <<tsToCm, tsToApp>>
     ELSE GiveBack(t, c, x, "Opening", a, g)

Vanish(t, c) ==
  /\ conn' = [conn EXCEPT ![c] = NoConnection(@.n)]

ReceiveOpen(t, m) ==
  /\ Heads(cmToTs[m][t], "Open")
  /\ LET c == Head(cmToTs[m][t]).c
     IN  /\ conn[c].phase = "Gone"
         /\ conn' = [conn EXCEPT ![c].phase = "Opening"]
  /\ cmToTs' = Consume(cmToTs, m, t)
  /\ UNCHANGED <<apps, cms, acc, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>

AssignOutcome(t, y) ==
  LET x == conn[y.c]
  IN  IF ~y.fresh /\ x.phase = "Gone" /\ ~CreatesUnknown THEN "Ignored"
      ELSE IF x.phase = "Waiting" THEN AnnounceOutcome(t, y.a)
      ELSE IF acc[t][y.a].alive THEN "Done" ELSE "GivenBack"

ReceiveAssign(t, m) ==
  /\ Heads(cmToTs[m][t], "Assign")
  /\ LET y == Head(cmToTs[m][t])
         x == conn[y.c]
     IN  IF y.fresh \/ (CreatesUnknown /\ x.phase = "Gone")
         THEN /\ x.phase = "Gone"
              \* Created even when the acceptor is dead: the connection has nobody else to answer for it.
              /\ AssignOpening(t, y.c, x, y.a, y.g)
         ELSE CASE x.phase = "Gone" -> UNCHANGED <<conn, acc, tsToApp>> /\ tsToCm' = UnusedMessages(t, y.a, y.g)
                [] x.phase = "Opening" -> x.a = None /\ AssignOpening(t, y.c, x, y.a, y.g)
                [] x.phase = "Waiting" -> Announce(t, y.c, x, y.a, y.g)
                [] OTHER -> FALSE
  /\ cmToTs' = Consume(cmToTs, m, t)
  /\ UNCHANGED <<apps, cms, appToCm, appToTs, cmToCm>>

ResetOutcome(c) == IF conn[c].phase \in {"Opening", "Waiting"} THEN "Done" ELSE "Ignored"

ReceiveReset(t, m) ==
  /\ Heads(cmToTs[m][t], "ResetConnection")
  /\ LET c == Head(cmToTs[m][t]).c
     IN  IF ResetOutcome(c) = "Done"
         THEN Vanish(t, c) /\ tsToCm' = Send(tsToCm, t, m, ConnectionClosed(c))
         ELSE UNCHANGED <<conn, tsToCm>>
  /\ cmToTs' = Consume(cmToTs, m, t)
  /\ UNCHANGED <<apps, cms, acc, appToCm, appToTs, tsToApp, cmToCm>>

EstablishedOutcome(t, c) == IF conn[c].a = None THEN "Done" ELSE AnnounceOutcome(t, conn[c].a)

Established(t, c) ==
  /\ TransportOf(c) = t
  /\ conn[c].phase = "Opening"
  /\ IF conn[c].a = None
     THEN /\ conn' = [conn EXCEPT ![c].phase = "Waiting"]
          /\ tsToCm' = EstablishedMessages(t, c)
          /\ UNCHANGED <<acc, tsToApp>>
     ELSE Announce(t, c, conn[c], conn[c].a, conn[c].g)
  /\ UNCHANGED <<apps, cms, appToCm, appToTs, cmToTs, cmToCm>>

ClaimTimeout(t, c) ==
  /\ TransportOf(c) = t
  /\ conn[c].phase = "Announced"
  /\ GiveBack(t, c, conn[c], "Waiting", conn[c].a, conn[c].g)
  /\ UNCHANGED <<apps, cms, acc, appToCm, appToTs, cmToTs, cmToCm>>

ClaimOutcome(y) == IF Answers(conn[y.c], y.a, y.n) THEN "Claimed" ELSE "TimedOut"

ReceiveClaim(t, a) ==
  /\ Heads(appToTs[a][t], "ClaimConnection")
  /\ acc[t][a].alive
  /\ acc[t][a].outstanding > 0
  /\ LET y == Head(appToTs[a][t])
         back == acc[t][a].back
     IN  IF ClaimOutcome(y) = "Claimed"
         THEN /\ conn' = [conn EXCEPT ![y.c].phase = "Claimed"]
              /\ tsToApp' = Send(tsToApp, t, a, Claimed(y.c, y.n, y.g, back))
         ELSE /\ conn' = conn
              /\ tsToApp' = IF RefusesClaim(conn[y.c]) THEN Send(tsToApp, t, a, TimedOut(y.c, y.n, y.g, back)) ELSE tsToApp
  /\ acc' = [acc EXCEPT ![t][a].outstanding = @ - 1]
  /\ appToTs' = Consume(appToTs, a, t)
  /\ UNCHANGED <<apps, cms, appToCm, tsToCm, cmToTs, cmToCm>>

Gone(t, c) ==
  /\ TransportOf(c) = t
  /\ conn[c].phase # "Gone"
  /\ Vanish(t, c)
  /\ LET told == IF conn[c].phase = "Claimed" THEN Send(tsToCm, t, Home(conn[c].a), ServiceTime(conn[c].a)) ELSE tsToCm
     IN  tsToCm' = Send(told, t, ManagerOf(c), ConnectionClosed(c))
  /\ UNCHANGED <<apps, cms, acc, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveAttach(t, a) ==
  /\ Heads(appToTs[a][t], "Attach")
  /\ ~acc[t][a].alive
  /\ acc' = [acc EXCEPT ![t][a] = [DeadAcceptor EXCEPT !.alive = TRUE]]
  /\ tsToApp' = Send(tsToApp, t, a, Attached)
  /\ appToTs' = Consume(appToTs, a, t)
  /\ UNCHANGED <<apps, cms, conn, appToCm, tsToCm, cmToTs, cmToCm>>

RECURSIVE Ascending(_)
\* CONNECTION-CLOSED for each of these connections, by ascending id.
Ascending(ids) ==
  IF ids = {} THEN <<>>
  ELSE LET least == CHOOSE c \in ids : \A k \in ids : c <= k
       IN  <<ConnectionClosed(least)>> \o Ascending(ids \ {least})

\* What the process had claimed ends, by ascending id, and nothing that was on its way to the process arrives.
TransportReceiveDetach(t, a) ==
  /\ Heads(appToTs[a][t], "Detach")
  /\ acc[t][a].alive
  \* Bound, not defined: TLC evaluates a definition again at each use.
  /\ \E its \in {{c \in Connections : conn[c].phase = "Claimed" /\ conn[c].a = a /\ TransportOf(c) = t}} :
       IF its = {}
       THEN UNCHANGED <<conn, tsToCm>>
       ELSE /\ conn' = [c \in Connections |-> IF c \in its THEN NoConnection(conn[c].n) ELSE conn[c]]
            /\ tsToCm' = [tsToCm EXCEPT ![t] =
                            [m \in Managers |-> @[m] \o Ascending({c \in its : ManagerOf(c) = m})]]
  /\ acc' = [acc EXCEPT ![t][a] = DeadAcceptor]
  /\ tsToApp' = [tsToApp EXCEPT ![t][a] = <<>>]
  /\ appToTs' = Consume(appToTs, a, t)
  /\ UNCHANGED <<apps, cms, appToCm, cmToTs, cmToCm>>
=============================================================================

------------------------------ MODULE Endpoints ------------------------------
(***************************************************************************)
(* The application's and the transport's half of the speculative           *)
(* three-way accept handshake (§3.2). Handshake adds one Connection        *)
(* Manager to them, Offers several.                                        *)
(*                                                                         *)
(* Processes share nothing: what one knows of another came by a FIFO       *)
(* channel. A transport knows of a connection                              *)
(*   Gone       nothing                                                    *)
(*   Waiting    that it has no acceptor                                    *)
(*   Assigned   that it is to be announced to a, registered under g        *)
(*   Announced  that CONNECTION-AVAILABLE was sent; the claim timer runs   *)
(*   Claimed    that it is a's                                             *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS NApplications, NManagers, NTransports,
          NConnections  \* ids for each pair of a manager and a transport

Applications == 0 .. NApplications - 1
Managers == 0 .. NManagers - 1
Transports == 0 .. NTransports - 1
Connections == 0 .. NManagers * NTransports * NConnections - 1
Ascending == [k \in 1 .. NManagers * NTransports * NConnections |-> k - 1]
ManagerOf(c) == c \div (NConnections * NTransports)
TransportOf(c) == (c \div NConnections) % NTransports
Home(a) == a % NManagers

None == -1

VARIABLES
  app,   \* application: its machine
  conn,  \* connection: what its transport knows; n is the number of its last announcement, born that at its creation
  back,  \* transport, application: newest generation given back though the application lives; told with its next answer
  appToCm, appToTs, tsToApp, tsToCm, cmToTs  \* one FIFO channel for each ordered pair; an application has one manager

endpoints == <<app, conn, back, appToCm, appToTs, tsToApp, tsToCm, cmToTs>>
transports == <<conn, tsToCm, cmToTs>>

AcceptConnection(a, g) == [type |-> "AcceptConnection", a |-> a, g |-> g]
Detach(a) == [type |-> "Detach", a |-> a]
Open(c) == [type |-> "Open", c |-> c]
Assign(c, x, fresh) == [type |-> "Assign", c |-> c, a |-> x[1], g |-> x[2], fresh |-> fresh]
ResetConnection(c) == [type |-> "ResetConnection", c |-> c]
Available(c, n, g) == [type |-> "ConnectionAvailable", c |-> c, n |-> n, g |-> g]
ClaimConnection(a, c, n, g) == [type |-> "ClaimConnection", a |-> a, c |-> c, n |-> n, g |-> g]
Answer(type, c, n, g, over) == [type |-> type, c |-> c, n |-> n, g |-> g, back |-> over]
AcceptorTimedOut(c, a, g) == [type |-> "AcceptorTimedOut", c |-> c, a |-> a, g |-> g]
AcceptorRemoved(a, g) == [type |-> "AcceptorRemoved", a |-> a, g |-> g]
ConnectionClosed(c) == [type |-> "ConnectionClosed", c |-> c]

Send(channel, i, j, message) == [channel EXCEPT ![i][j] = Append(@, message)]
Consume(channel, i, j) == [channel EXCEPT ![i][j] = Tail(@)]
Rng(s) == {s[k] : k \in 1 .. Len(s)}
Heads(queued, type) == IF queued = <<>> THEN FALSE ELSE Head(queued).type = type
Has(queued, type, c, n) == \E x \in Rng(queued) : IF x.type = type THEN x.c = c /\ x.n = n ELSE FALSE

NoProcess(g) == [phase |-> "Down", g |-> g, registered |-> FALSE, tokens |-> {}, claims |-> {}, owned |-> {}]
NoConnection(n) == [phase |-> "Gone", a |-> None, g |-> 0, n |-> n, born |-> n]

EndpointsInit ==
  /\ app = [a \in Applications |-> NoProcess(0)]
  /\ conn = [c \in Connections |-> NoConnection(0)]
  /\ back = [t \in Transports |-> [a \in Applications |-> 0]]
  /\ appToCm = [a \in Applications |-> <<>>]
  /\ appToTs = [a \in Applications |-> [t \in Transports |-> <<>>]]
  /\ tsToApp = [t \in Transports |-> [a \in Applications |-> <<>>]]
  /\ tsToCm = [t \in Transports |-> [m \in Managers |-> <<>>]]
  /\ cmToTs = [m \in Managers |-> [t \in Transports |-> <<>>]]

-----------------------------------------------------------------------------
(* Rules that known-bad models replace one at a time *)

\* The claim answers the announcement that is armed.
Answers(y, a, n) == y.phase = "Announced" /\ y.a = a /\ y.n = n
\* What an application may use while its claim is unanswered.
UsedAtClaim(x) == {}
\* Which generation's TIMED-OUT makes an application register again.
Unregisters(a, g) == g = app[a].g

-----------------------------------------------------------------------------
(* Application *)

\* A predecessor's farewell is still on its way: its successor must wait.
Leaving(a) ==
  \/ Detach(a) \in Rng(appToCm[a])
  \/ \E t \in Transports : Detach(a) \in Rng(appToTs[a][t])

Start(a) ==
  /\ app[a].phase = "Down"
  /\ ~Leaving(a)
  /\ app' = [app EXCEPT ![a] = [NoProcess(@.g) EXCEPT !.phase = "Up"]]
  /\ UNCHANGED <<transports, back, appToCm, appToTs, tsToApp>>

Register(a) ==
  /\ app[a].phase = "Up" /\ ~app[a].registered
  /\ app' = [app EXCEPT ![a].g = @ + 1, ![a].registered = TRUE]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, AcceptConnection(a, app[a].g + 1))]
  /\ UNCHANGED <<transports, back, appToTs, tsToApp>>

\* An announcement is a token of its own: never merged with another.
ReceiveAvailable(a, t) ==
  /\ Heads(tsToApp[t][a], "ConnectionAvailable")
  /\ LET x == Head(tsToApp[t][a])
     IN  app' = IF app[a].phase = "Closed" THEN app ELSE [app EXCEPT ![a].tokens = @ \cup {<<x.c, x.n, x.g>>}]
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ UNCHANGED <<transports, back, appToCm, appToTs>>

Claim(a, x) ==
  /\ app[a].phase = "Up" /\ x \in app[a].tokens
  /\ app' = [app EXCEPT ![a].tokens = @ \ {x}, ![a].claims = @ \cup {x}, ![a].owned = @ \cup UsedAtClaim(x)]
  /\ appToTs' = Send(appToTs, a, TransportOf(x[1]), ClaimConnection(a, x[1], x[2], x[3]))
  /\ UNCHANGED <<transports, back, appToCm, tsToApp>>

ReceiveAnswer(a, t) ==
  /\ Heads(tsToApp[t][a], "Claimed") \/ Heads(tsToApp[t][a], "TimedOut")
  /\ LET x == Head(tsToApp[t][a])
         won == x.type = "Claimed"
     IN  app' = [app EXCEPT ![a].claims = @ \ {<<x.c, x.n, x.g>>},
                            ![a].owned = IF won THEN @ \cup {<<x.c, x.n>>} ELSE @,
                            ![a].registered = @ /\ (won \/ ~Unregisters(a, x.g)) /\ x.back # app[a].g]
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ UNCHANGED <<transports, back, appToCm, appToTs>>

Release(a, x) ==
  /\ x \in app[a].owned
  /\ app' = [app EXCEPT ![a].owned = @ \ {x}]
  /\ UNCHANGED <<transports, back, appToCm, appToTs, tsToApp>>

CloseListener(a) ==
  /\ app[a].phase = "Up"
  /\ app' = [app EXCEPT ![a].phase = "Closed", ![a].registered = FALSE, ![a].tokens = {}]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ UNCHANGED <<transports, back, appToTs, tsToApp>>

\* What was on its way to the process is lost with it; what it sent arrives.
Die(a) ==
  /\ app[a].phase # "Down"
  /\ app' = [app EXCEPT ![a] = NoProcess(@.g)]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ appToTs' = [appToTs EXCEPT ![a] = [t \in Transports |-> Append(@[t], Detach(a))]]
  /\ tsToApp' = [t \in Transports |-> [tsToApp[t] EXCEPT ![a] = <<>>]]
  /\ back' = [t \in Transports |-> [back[t] EXCEPT ![a] = 0]]
  /\ UNCHANGED transports

-----------------------------------------------------------------------------
(* Transport *)

Tell(t, a, message) == IF app[a].phase = "Down" THEN tsToApp ELSE Send(tsToApp, t, a, message)

ReceiveOpen(t, m) ==
  /\ Heads(cmToTs[m][t], "Open")
  /\ LET c == Head(cmToTs[m][t]).c
     IN  conn[c].phase = "Gone" /\ conn' = [conn EXCEPT ![c].phase = "Waiting"]
  /\ cmToTs' = Consume(cmToTs, m, t)
  /\ UNCHANGED <<app, back, appToCm, appToTs, tsToApp, tsToCm>>

\* Of a connection that has gone, and that it does not create.
InVain(y) == conn[y.c].phase = "Gone" /\ ~y.fresh
ReceiveVainAssign(t, m) ==
  /\ Heads(cmToTs[m][t], "Assign") /\ InVain(Head(cmToTs[m][t]))
  /\ cmToTs' = Consume(cmToTs, m, t)
  /\ UNCHANGED <<app, conn, back, appToCm, appToTs, tsToApp, tsToCm>>

\* An assignment can be acted on when it arrives, or kept till later (TCP's handshake takes its time).
Kept(c) == conn[c].phase = "Assigned"
ToTransport(c) == cmToTs[ManagerOf(c)][TransportOf(c)]
Arrives(c) ==
  IF Heads(ToTransport(c), "Assign") THEN Head(ToTransport(c)).c = c /\ ~InVain(Head(ToTransport(c))) ELSE FALSE
Assigned(c) == Kept(c) \/ Arrives(c)
Assignment(c) == IF Kept(c) THEN conn[c] ELSE Head(ToTransport(c))
TakeAssignment(c) == cmToTs' = IF Kept(c) THEN cmToTs ELSE Consume(cmToTs, ManagerOf(c), TransportOf(c))

Keep(c) ==
  /\ ~Kept(c) /\ Arrives(c)
  /\ conn' = [conn EXCEPT ![c].phase = "Assigned", ![c].a = Assignment(c).a, ![c].g = Assignment(c).g]
  /\ TakeAssignment(c)
  /\ UNCHANGED <<app, back, appToCm, appToTs, tsToApp, tsToCm>>

Announce(c) ==
  /\ Assigned(c)
  /\ LET x == Assignment(c)
         n == conn[c].n + 1
     IN  /\ conn' = [conn EXCEPT ![c].phase = "Announced", ![c].a = x.a, ![c].g = x.g, ![c].n = n]
         /\ tsToApp' = Tell(TransportOf(c), x.a, Available(c, n, x.g))
  /\ TakeAssignment(c)
  /\ UNCHANGED <<app, back, appToCm, appToTs, tsToCm>>

\* Its manager is to give the connection to another; the home of the acceptor is to list it no longer.
GiveBack(c, a, g) ==
  LET one == Send(tsToCm, TransportOf(c), ManagerOf(c), AcceptorTimedOut(c, a, g))
  IN  /\ conn' = [conn EXCEPT ![c].phase = "Waiting", ![c].a = None, ![c].g = 0]
      /\ tsToCm' = IF Home(a) = ManagerOf(c) THEN one ELSE Send(one, TransportOf(c), Home(a), AcceptorRemoved(a, g))
      /\ UNCHANGED <<app, appToCm, appToTs, tsToApp>>

ClaimTimeout(c) ==
  /\ conn[c].phase = "Announced"
  /\ GiveBack(c, conn[c].a, conn[c].g)
  /\ UNCHANGED <<back, cmToTs>>

\* The application takes itself to be registered under g.
Current(a, g) == app[a].phase = "Up" /\ app[a].registered /\ app[a].g = g
\* The transport will have a claim of the application to answer.
Owes(t, a) ==
  \/ \E x \in Rng(tsToApp[t][a]) : x.type = "ConnectionAvailable"
  \/ \E y \in app[a].tokens : TransportOf(y[1]) = t
  \/ \E x \in Rng(appToTs[a][t]) : x.type = "ClaimConnection"

\* An assignment is given back at once: its acceptor has ended, or there is no room to announce more to it. One that
\* takes itself to be registered must hear of it with an answer, and there must be one to come.
Decline(c, told) ==
  /\ Assigned(c)
  /\ LET t == TransportOf(c)
         a == Assignment(c).a
         g == Assignment(c).g
     IN  /\ Current(a, g) => told /\ Owes(t, a)
         /\ back' = IF told /\ app[a].phase # "Down" /\ g > back[t][a] THEN [back EXCEPT ![t][a] = g] ELSE back
         /\ GiveBack(c, a, g)
  /\ TakeAssignment(c)

\* A claim is answered whatever has become of the connection.
ReceiveClaim(t, a) ==
  /\ Heads(appToTs[a][t], "ClaimConnection")
  /\ LET x == Head(appToTs[a][t])
         y == conn[x.c]
         won == Answers(y, a, x.n)
     IN  /\ conn' = IF won THEN [conn EXCEPT ![x.c].phase = "Claimed"] ELSE conn
         /\ tsToApp' = Tell(t, a, Answer(IF won THEN "Claimed" ELSE "TimedOut", x.c, x.n, x.g, back[t][a]))
  /\ appToTs' = Consume(appToTs, a, t)
  /\ UNCHANGED <<app, back, appToCm, tsToCm, cmToTs>>

\* They go, and their managers hear of it, by ascending id.
GoTogether(t, them) ==
  LET Closed(m) ==
        LET ids == SelectSeq(Ascending, LAMBDA c : c \in them /\ ManagerOf(c) = m)
        IN  [k \in 1 .. Len(ids) |-> ConnectionClosed(ids[k])]
  IN  /\ conn' = [c \in Connections |-> IF c \in them THEN NoConnection(conn[c].n) ELSE conn[c]]
      /\ tsToCm' = [tsToCm EXCEPT ![t] = [m \in Managers |-> @[m] \o Closed(m)]]

\* The peer's or the application's doing.
Go(c) ==
  /\ conn[c].phase # "Gone"
  /\ GoTogether(TransportOf(c), {c})
  /\ UNCHANGED <<app, back, appToCm, appToTs, tsToApp, cmToTs>>

\* It was in vain if the connection went before.
ReceiveReset(t, m) ==
  /\ Heads(cmToTs[m][t], "ResetConnection")
  /\ LET c == Head(cmToTs[m][t]).c
     IN  GoTogether(t, IF conn[c].phase = "Gone" THEN {} ELSE {c})
  /\ cmToTs' = Consume(cmToTs, m, t)
  /\ UNCHANGED <<app, back, appToCm, appToTs, tsToApp>>

\* What the process had claimed ends.
TransportReceiveDetach(t, a) ==
  /\ Heads(appToTs[a][t], "Detach")
  /\ GoTogether(t, {c \in Connections : conn[c].phase = "Claimed" /\ conn[c].a = a /\ TransportOf(c) = t})
  /\ appToTs' = Consume(appToTs, a, t)
  /\ UNCHANGED <<app, back, appToCm, tsToApp, cmToTs>>

-----------------------------------------------------------------------------

ApplicationNext(a) ==
  \/ Start(a) \/ Register(a) \/ CloseListener(a) \/ Die(a)
  \/ \E x \in app[a].tokens : Claim(a, x)
  \/ \E x \in app[a].owned : Release(a, x)
  \/ \E t \in Transports : ReceiveAvailable(a, t) \/ ReceiveAnswer(a, t)
TransportNext(t) ==
  \/ \E m \in Managers : ReceiveOpen(t, m) \/ ReceiveVainAssign(t, m) \/ ReceiveReset(t, m)
  \/ \E a \in Applications : ReceiveClaim(t, a) \/ TransportReceiveDetach(t, a)
  \/ \E c \in Connections :
       /\ TransportOf(c) = t
       /\ Keep(c) \/ Announce(c) \/ ClaimTimeout(c) \/ Go(c) \/ \E told \in BOOLEAN : Decline(c, told)
EndpointsNext == (\E a \in Applications : ApplicationNext(a)) \/ (\E t \in Transports : TransportNext(t))
=============================================================================

------------------------------ MODULE Endpoints ------------------------------
(***************************************************************************)
(* The application's and the transport's half of the speculative           *)
(* three-way accept handshake (§3.2). Handshake adds one Connection        *)
(* Manager to them, Offers several.                                        *)
(*                                                                         *)
(* Between a manager and a transport a connection has one message under    *)
(* way at most, so its phase names that message instead of a channel:      *)
(*   Queued     waits in its manager's queue                               *)
(*   Assigned   ASSIGN to a under g is on its way to its transport         *)
(*   Announced  CONNECTION-AVAILABLE was sent to a; the claim timer runs   *)
(*   Returned   ACCEPTOR-TIMED-OUT is on its way back                      *)
(*   Claimed    it is a's                                                  *)
(*   Resetting  RESET-CONNECTION is on its way                             *)
(* That real channels, creation and freeing by messages, and ids that are  *)
(* used again come to the same is what Stack's refinement shows.           *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS NApplications, NManagers, NTransports,
          NConnections  \* for each pair of a manager and a transport

Applications == 0 .. NApplications - 1
Managers == 0 .. NManagers - 1
Transports == 0 .. NTransports - 1
Connections == 0 .. NManagers * NTransports * NConnections - 1
ManagerOf(c) == c \div (NConnections * NTransports)
TransportOf(c) == (c \div NConnections) % NTransports
Home(a) == a % NManagers

None == -1

VARIABLES
  app,      \* application: its machine
  conn,     \* connection: where it is; n is the number of its last announcement, born that at its creation
  notices,  \* <<m, a, g>>: manager m is to hear that a did not claim under g; the same may be on its way several times
  back,     \* transport, application: newest generation given back though the application lives; told with its next answer
  appToCm, appToTs, tsToApp  \* FIFO channels

endpoints == <<app, conn, notices, back, appToCm, appToTs, tsToApp>>

AcceptConnection(a, g) == [type |-> "AcceptConnection", a |-> a, g |-> g]
Detach(a) == [type |-> "Detach", a |-> a]
Available(c, n, g) == [type |-> "ConnectionAvailable", c |-> c, n |-> n, g |-> g]
ClaimConnection(a, c, n, g) == [type |-> "ClaimConnection", a |-> a, c |-> c, n |-> n, g |-> g]
Answer(type, c, n, g, over) == [type |-> type, c |-> c, n |-> n, g |-> g, back |-> over]

Rng(s) == {s[k] : k \in 1 .. Len(s)}
Heads(channel, type) == IF channel = <<>> THEN FALSE ELSE Head(channel).type = type
Has(channel, type, c, n) == \E x \in Rng(channel) : IF x.type = type THEN x.c = c /\ x.n = n ELSE FALSE

NoProcess(g) == [phase |-> "Down", g |-> g, registered |-> FALSE, tokens |-> {}, claims |-> {}, owned |-> {}]
NoConnection(n) == [phase |-> "Gone", a |-> None, g |-> 0, n |-> n, born |-> n]

EndpointsInit ==
  /\ app = [a \in Applications |-> NoProcess(0)]
  /\ conn = [c \in Connections |-> NoConnection(0)]
  /\ notices = {}
  /\ back = [t \in Transports |-> [a \in Applications |-> 0]]
  /\ appToCm = [a \in Applications |-> <<>>]
  /\ appToTs = [a \in Applications |-> [t \in Transports |-> <<>>]]
  /\ tsToApp = [t \in Transports |-> [a \in Applications |-> <<>>]]

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
  /\ UNCHANGED <<conn, notices, back, appToCm, appToTs, tsToApp>>

Register(a) ==
  /\ app[a].phase = "Up" /\ ~app[a].registered
  /\ app' = [app EXCEPT ![a].g = @ + 1, ![a].registered = TRUE]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, AcceptConnection(a, app[a].g + 1))]
  /\ UNCHANGED <<conn, notices, back, appToTs, tsToApp>>

\* An announcement is a token of its own: never merged with another.
ReceiveAvailable(a, t) ==
  /\ Heads(tsToApp[t][a], "ConnectionAvailable")
  /\ LET x == Head(tsToApp[t][a])
     IN  app' = IF app[a].phase = "Closed" THEN app ELSE [app EXCEPT ![a].tokens = @ \cup {<<x.c, x.n, x.g>>}]
  /\ tsToApp' = [tsToApp EXCEPT ![t][a] = Tail(@)]
  /\ UNCHANGED <<conn, notices, back, appToCm, appToTs>>

Claim(a, x) ==
  /\ app[a].phase = "Up" /\ x \in app[a].tokens
  /\ app' = [app EXCEPT ![a].tokens = @ \ {x}, ![a].claims = @ \cup {x}, ![a].owned = @ \cup UsedAtClaim(x)]
  /\ appToTs' = [appToTs EXCEPT ![a][TransportOf(x[1])] = Append(@, ClaimConnection(a, x[1], x[2], x[3]))]
  /\ UNCHANGED <<conn, notices, back, appToCm, tsToApp>>

ReceiveAnswer(a, t) ==
  /\ Heads(tsToApp[t][a], "Claimed") \/ Heads(tsToApp[t][a], "TimedOut")
  /\ LET x == Head(tsToApp[t][a])
         won == x.type = "Claimed"
     IN  app' = [app EXCEPT ![a].claims = @ \ {<<x.c, x.n, x.g>>},
                            ![a].owned = IF won THEN @ \cup {<<x.c, x.n>>} ELSE @,
                            ![a].registered = @ /\ (won \/ ~Unregisters(a, x.g)) /\ x.back # app[a].g]
  /\ tsToApp' = [tsToApp EXCEPT ![t][a] = Tail(@)]
  /\ UNCHANGED <<conn, notices, back, appToCm, appToTs>>

Release(a, x) ==
  /\ x \in app[a].owned
  /\ app' = [app EXCEPT ![a].owned = @ \ {x}]
  /\ UNCHANGED <<conn, notices, back, appToCm, appToTs, tsToApp>>

CloseListener(a) ==
  /\ app[a].phase = "Up"
  /\ app' = [app EXCEPT ![a].phase = "Closed", ![a].registered = FALSE, ![a].tokens = {}]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ UNCHANGED <<conn, notices, back, appToTs, tsToApp>>

\* What was on its way to the process is lost with it; what it sent arrives.
Die(a) ==
  /\ app[a].phase # "Down"
  /\ app' = [app EXCEPT ![a] = NoProcess(@.g)]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ appToTs' = [appToTs EXCEPT ![a] = [t \in Transports |-> Append(@[t], Detach(a))]]
  /\ tsToApp' = [t \in Transports |-> [tsToApp[t] EXCEPT ![a] = <<>>]]
  /\ back' = [t \in Transports |-> [back[t] EXCEPT ![a] = 0]]
  /\ UNCHANGED <<conn, notices>>

-----------------------------------------------------------------------------
(* Transport *)

Tell(t, a, message) == IF app[a].phase = "Down" THEN tsToApp ELSE [tsToApp EXCEPT ![t][a] = Append(@, message)]

Announce(c) ==
  /\ conn[c].phase = "Assigned"
  /\ LET n == conn[c].n + 1
     IN  /\ conn' = [conn EXCEPT ![c].phase = "Announced", ![c].n = n]
         /\ tsToApp' = Tell(TransportOf(c), conn[c].a, Available(c, n, conn[c].g))
  /\ UNCHANGED <<app, notices, back, appToCm, appToTs>>

\* Its manager is to give the connection to another; the home of the acceptor is to list it no longer.
GiveBack(c) ==
  LET a == conn[c].a
      g == conn[c].g
  IN  /\ conn' = [conn EXCEPT ![c].phase = "Returned"]
      /\ notices' = notices \cup {<<ManagerOf(c), a, g>>, <<Home(a), a, g>>}
      /\ UNCHANGED <<app, appToCm, appToTs, tsToApp>>

ClaimTimeout(c) ==
  /\ conn[c].phase = "Announced"
  /\ GiveBack(c)
  /\ UNCHANGED back

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
  /\ conn[c].phase = "Assigned"
  /\ LET t == TransportOf(c)
         a == conn[c].a
         g == conn[c].g
     IN  /\ Current(a, g) => told /\ Owes(t, a)
         /\ back' = IF told /\ app[a].phase # "Down" /\ g > back[t][a] THEN [back EXCEPT ![t][a] = g] ELSE back
  /\ GiveBack(c)

\* A claim is answered whatever has become of the connection.
ReceiveClaim(t, a) ==
  /\ Heads(appToTs[a][t], "ClaimConnection")
  /\ LET x == Head(appToTs[a][t])
         y == conn[x.c]
         won == Answers(y, a, x.n)
     IN  /\ conn' = IF won THEN [conn EXCEPT ![x.c].phase = "Claimed"] ELSE conn
         /\ tsToApp' = Tell(t, a, Answer(IF won THEN "Claimed" ELSE "TimedOut", x.c, x.n, x.g, back[t][a]))
  /\ appToTs' = [appToTs EXCEPT ![a][t] = Tail(@)]
  /\ UNCHANGED <<app, notices, back, appToCm>>

\* The peer's or the application's doing, or a reset that arrived.
Go(c) ==
  /\ conn[c].phase # "Gone"
  /\ conn' = [conn EXCEPT ![c] = NoConnection(@.n)]
  /\ UNCHANGED <<app, notices, back, appToCm, appToTs, tsToApp>>

\* What the process had claimed ends.
TransportReceiveDetach(t, a) ==
  /\ Heads(appToTs[a][t], "Detach")
  /\ conn' = [c \in Connections |->
                IF conn[c].phase = "Claimed" /\ conn[c].a = a /\ TransportOf(c) = t THEN NoConnection(conn[c].n) ELSE conn[c]]
  /\ appToTs' = [appToTs EXCEPT ![a][t] = Tail(@)]
  /\ UNCHANGED <<app, notices, back, appToCm, tsToApp>>

-----------------------------------------------------------------------------

ApplicationNext(a) ==
  \/ Start(a) \/ Register(a) \/ CloseListener(a) \/ Die(a)
  \/ \E x \in app[a].tokens : Claim(a, x)
  \/ \E x \in app[a].owned : Release(a, x)
  \/ \E t \in Transports : ReceiveAvailable(a, t) \/ ReceiveAnswer(a, t)
TransportNext(t) ==
  \/ \E a \in Applications : ReceiveClaim(t, a) \/ TransportReceiveDetach(t, a)
  \/ \E c \in Connections :
       TransportOf(c) = t /\ (Announce(c) \/ ClaimTimeout(c) \/ Go(c) \/ \E told \in BOOLEAN : Decline(c, told))
EndpointsNext == (\E a \in Applications : ApplicationNext(a)) \/ (\E t \in Transports : TransportNext(t))
=============================================================================

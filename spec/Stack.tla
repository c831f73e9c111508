------------------------------- MODULE Stack --------------------------------
(***************************************************************************)
(* The speculative three-way accept handshake between application          *)
(* processes, Connection Managers and Transport Servers (§3.2, §3.3).      *)
(*                                                                         *)
(* It mirrors src/core: one action for each event, of the same name.       *)
(* Service times are abstracted away, so whom a manager chooses is any     *)
(* candidate. Limits of a model are in MC, recordings in Trace.            *)
(*                                                                         *)
(* g: an application's registration generation, raised at every            *)
(*    ACCEPT-CONNECTION, never restarted.                                  *)
(* n: a connection id's announcement number at its transport, raised at    *)
(*    every CONNECTION-AVAILABLE, continuing when the id is used again.    *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS
  NApplications, NManagers, NTransports,
  NConnections,  \* wire ids for each pair of a manager and a transport
  Backlog,       \* connections in one private queue before a SYN is dropped
  Room,          \* announcements out from one transport to one application
  Naive          \* TRUE: no connection goes to another manager's acceptor

Applications == 0 .. NApplications - 1
Managers == 0 .. NManagers - 1
Transports == 0 .. NTransports - 1
Connections == 0 .. NManagers * NTransports * NConnections - 1

\* A wire id tells both the manager that assigns it and the transport that holds it.
ManagerOf(c) == c \div (NConnections * NTransports)
TransportOf(c) == (c \div NConnections) % NTransports
\* An application's home manager: where it registers.
Home(a) == a % NManagers

None == -1
\* Handle of an acceptor: <<application, generation>>.
Nobody == <<None, 0>>

VARIABLES
  app,         \* application: its machine
  acceptor,    \* application: generation under which its home lists it, 0: not listed
  listener,    \* application: listens, as its home knows
  generation,  \* application: newest generation that its home has seen
  tombstone,   \* manager, application: newest generation that timed out on the manager's assignments
  offer,       \* manager, manager: the second one's last offer
  queue,       \* manager: connections that wait, first in line first
  entry,       \* connection: what its manager knows of it
  conn,        \* connection: what its transport knows of it
  acc,         \* transport, application: the transport's half of the attachment
  appToCm, appToTs, tsToApp, tsToCm, cmToTs, cmToCm  \* one FIFO channel for each ordered pair

apps == <<app>>
cms == <<acceptor, listener, generation, tombstone, offer, queue, entry>>
tss == <<conn, acc>>
channels == <<appToCm, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>
vars == <<app, acceptor, listener, generation, tombstone, offer, queue, entry, conn, acc,
          appToCm, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

-----------------------------------------------------------------------------
(* Messages *)

AcceptConnection(a, g) == [type |-> "AcceptConnection", a |-> a, g |-> g]
AttachMessage(a) == [type |-> "Attach", a |-> a]
Attached == [type |-> "Attached"]
Detach(a) == [type |-> "Detach", a |-> a]
Open(c) == [type |-> "Open", c |-> c]
Assign(c, a, g, fresh) == [type |-> "Assign", c |-> c, a |-> a, g |-> g, fresh |-> fresh]
Available(c, n, g) == [type |-> "ConnectionAvailable", c |-> c, n |-> n, g |-> g]
ClaimConnection(a, c, n, g) == [type |-> "ClaimConnection", a |-> a, c |-> c, n |-> n, g |-> g]
Claimed(c, n, g, back) == [type |-> "Claimed", c |-> c, n |-> n, g |-> g, back |-> back]
TimedOut(c, n, g, back) == [type |-> "TimedOut", c |-> c, n |-> n, g |-> g, back |-> back]
AcceptorTimedOut(c, a, g) == [type |-> "AcceptorTimedOut", c |-> c, a |-> a, g |-> g]
AcceptorRemoved(a, g) == [type |-> "AcceptorRemoved", a |-> a, g |-> g]
Offer(x, l) == [type |-> "Offer", a |-> x[1], g |-> x[2], listener |-> l]
ResetConnection(c) == [type |-> "ResetConnection", c |-> c]
ConnectionClosed(c) == [type |-> "ConnectionClosed", c |-> c]
ServiceTime(a) == [type |-> "ServiceTime", a |-> a]

Send(channel, i, j, message) == [channel EXCEPT ![i][j] = Append(@, message)]
Consume(channel, i, j) == [channel EXCEPT ![i][j] = Tail(@)]
\* The channel's head is a message of this type.
Heads(queued, type) == IF queued = <<>> THEN FALSE ELSE Head(queued).type = type
InChannel(queued, message) == \E k \in 1 .. Len(queued) : queued[k] = message

-----------------------------------------------------------------------------
(* States *)

\* tokens: announcements not claimed yet, oldest first. claims: claims without an answer. owned: its own connections.
NoProcess(g) ==
  [phase |-> "Down", awaiting |-> {}, g |-> g, registered |-> FALSE, tokens |-> <<>>, claims |-> {}, owned |-> {}]
NoOffer == [a |-> None, g |-> 0, listener |-> FALSE]
\* born is history: the announcement number at the connection's creation, to tell one connection of an id from the next.
NoConnection(n) == [phase |-> "Gone", a |-> None, g |-> 0, n |-> n, born |-> n]
DeadAcceptor == [alive |-> FALSE, outstanding |-> 0, back |-> 0]

Init ==
  /\ app = [a \in Applications |-> NoProcess(0)]
  /\ acceptor = [a \in Applications |-> 0]
  /\ listener = [a \in Applications |-> FALSE]
  /\ generation = [a \in Applications |-> 0]
  /\ tombstone = [m \in Managers |-> [a \in Applications |-> 0]]
  /\ offer = [m \in Managers |-> [k \in Managers |-> NoOffer]]
  /\ queue = [m \in Managers |-> <<>>]
  /\ entry = [c \in Connections |-> "Free"]
  /\ conn = [c \in Connections |-> NoConnection(0)]
  /\ acc = [t \in Transports |-> [a \in Applications |-> DeadAcceptor]]
  /\ appToCm = [a \in Applications |-> <<>>]
  /\ appToTs = [a \in Applications |-> [t \in Transports |-> <<>>]]
  /\ tsToApp = [t \in Transports |-> [a \in Applications |-> <<>>]]
  /\ tsToCm = [t \in Transports |-> [m \in Managers |-> <<>>]]
  /\ cmToTs = [m \in Managers |-> [t \in Transports |-> <<>>]]
  /\ cmToCm = [m \in Managers |-> [k \in Managers |-> <<>>]]

-----------------------------------------------------------------------------
(* Rules that known-bad models replace one at a time (protocol hazards) *)

\* A predecessor's farewell is still on its way: its successor must wait.
Leaving(a) ==
  \/ InChannel(appToCm[a], Detach(a))
  \/ \E t \in Transports : InChannel(appToTs[a][t], Detach(a))
\* Which registration a removal removes.
Removes(a, g) == acceptor[a] = g
\* A SYN of a flow that the manager has an entry for.
KnownFlow(c) == entry[c] # "Free"
\* The claim answers the announcement that is armed.
Answers(x, a, n) == x.phase = "Announced" /\ x.a = a /\ x.n = n
\* A claim in any other state is answered too.
RefusesClaim(x) == TRUE
\* An assignment of a connection that the transport does not know.
CreatesUnknown == FALSE
\* What an application may use while its claim is unanswered.
UsedAtClaim(x) == {}
\* An offer that timed out before.
Stale(m, x) == x.g <= tombstone[m][x.a]
\* Which generation gets a new token's time-out to register again.
Unregisters(a, g) == app[a].g = g
\* A connection that comes back when the queue is full.
KeepsReturned(m) == TRUE
\* The first generation of a process in a slot.
Continues(a, g) == g >= app[a].g

-----------------------------------------------------------------------------
(* Application *)

Attach(a, g) ==
  /\ app[a].phase = "Down"
  /\ Continues(a, g)
  /\ ~Leaving(a)
  /\ app' = [app EXCEPT ![a] = [NoProcess(g) EXCEPT !.phase = "Attaching", !.awaiting = Transports]]
  /\ appToTs' = [appToTs EXCEPT ![a] = [t \in Transports |-> Append(@[t], AttachMessage(a))]]
  /\ UNCHANGED <<cms, tss, appToCm, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveAttached(a, t) ==
  /\ app[a].phase = "Attaching"
  /\ t \in app[a].awaiting
  /\ Heads(tsToApp[t][a], "Attached")
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ LET rest == app[a].awaiting \ {t}
     IN  app' = [app EXCEPT ![a].awaiting = rest, ![a].phase = IF rest = {} THEN "Up" ELSE "Attaching"]
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

Register(a) ==
  /\ app[a].phase = "Up"
  /\ ~app[a].registered
  /\ LET g == app[a].g + 1
     IN  /\ app' = [app EXCEPT ![a].g = g, ![a].registered = TRUE]
         /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, AcceptConnection(a, g))]
  /\ UNCHANGED <<cms, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveAvailable(a, t) ==
  /\ app[a].phase # "Down"
  /\ Heads(tsToApp[t][a], "ConnectionAvailable")
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ LET x == Head(tsToApp[t][a])
     IN  app' = IF app[a].phase = "Closed" THEN app
                ELSE [app EXCEPT ![a].tokens = Append(@, <<x.c, x.n, x.g>>)]
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

Claim(a) ==
  /\ app[a].phase = "Up"
  /\ app[a].tokens # <<>>
  /\ LET x == Head(app[a].tokens)
     IN  /\ app' = [app EXCEPT ![a].tokens = Tail(@), ![a].claims = @ \cup {x}, ![a].owned = @ \cup UsedAtClaim(x)]
         /\ appToTs' = Send(appToTs, a, TransportOf(x[1]), ClaimConnection(a, x[1], x[2], x[3]))
  /\ UNCHANGED <<cms, tss, appToCm, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveClaimed(a, t) ==
  /\ app[a].phase # "Down"
  /\ Heads(tsToApp[t][a], "Claimed")
  /\ LET x == Head(tsToApp[t][a])
         claim == <<x.c, x.n, x.g>>
     IN  /\ claim \in app[a].claims
         /\ app' = [app EXCEPT ![a].claims = @ \ {claim},
                               ![a].owned = @ \cup {<<x.c, x.n>>},
                               ![a].registered = @ /\ x.back # app[a].g]
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

ReceiveTimedOut(a, t) ==
  /\ app[a].phase # "Down"
  /\ Heads(tsToApp[t][a], "TimedOut")
  /\ LET x == Head(tsToApp[t][a])
         claim == <<x.c, x.n, x.g>>
     IN  /\ claim \in app[a].claims
         /\ app' = [app EXCEPT ![a].claims = @ \ {claim},
                               ![a].registered = @ /\ ~Unregisters(a, x.g) /\ x.back # app[a].g]
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

Release(a, c, n) ==
  /\ <<c, n>> \in app[a].owned
  /\ app' = [app EXCEPT ![a].owned = @ \ {<<c, n>>}]
  /\ UNCHANGED <<cms, tss, channels>>

CloseListener(a) ==
  /\ app[a].phase = "Up"
  /\ app' = [app EXCEPT ![a].phase = "Closed", ![a].registered = FALSE, ![a].tokens = <<>>]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ UNCHANGED <<cms, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

Die(a) ==
  /\ app[a].phase # "Down"
  /\ app' = [app EXCEPT ![a] = NoProcess(app[a].g)]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ appToTs' = [appToTs EXCEPT ![a] = [t \in Transports |-> Append(@[t], Detach(a))]]
  /\ UNCHANGED <<cms, tss, tsToApp, tsToCm, cmToTs, cmToCm>>

-----------------------------------------------------------------------------
(* Connection Manager *)

Locals(m) == {<<a, acceptor[a]>> : a \in {b \in Applications : acceptor[b] # 0 /\ Home(b) = m}}
Offered(m) == {<<offer[m][k].a, offer[m][k].g>> : k \in {j \in Managers : offer[m][j].a # None}}
\* Whom the scheme may choose: a local acceptor always, an offered one unless it is naive.
Candidates(m) == Locals(m) \cup (IF Naive THEN {} ELSE Offered(m))
LocalListener(m) == \E a \in Applications : listener[a] /\ Home(a) = m
AnyListener(m) == LocalListener(m) \/ \E k \in Managers : offer[m][k].listener

SynOutcome(m, c) ==
  IF KnownFlow(c) THEN "Known"
  ELSE IF ~AnyListener(m) THEN "Refused"
  ELSE IF queue[m] = <<>> /\ Candidates(m) # {} THEN "Assigned"
  ELSE IF Len(queue[m]) >= Backlog THEN "Dropped"
  ELSE "Queued"

\* x: the acceptor chosen; Nobody when the SYN is not assigned.
Syn(m, c, x) ==
  /\ ManagerOf(c) = m
  /\ CASE SynOutcome(m, c) = "Assigned" ->
            /\ x \in Candidates(m)
            /\ cmToTs' = Send(cmToTs, m, TransportOf(c), Assign(c, x[1], x[2], TRUE))
            /\ entry' = [entry EXCEPT ![c] = "Assigned"]
            /\ queue' = queue
       [] SynOutcome(m, c) = "Queued" ->
            /\ x = Nobody
            /\ cmToTs' = Send(cmToTs, m, TransportOf(c), Open(c))
            /\ entry' = [entry EXCEPT ![c] = "Queued"]
            /\ queue' = [queue EXCEPT ![m] = Append(@, c)]
       [] OTHER ->
            /\ x = Nobody
            /\ UNCHANGED <<cmToTs, entry, queue>>
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>

AssignWaiting(m, x) ==
  /\ queue[m] # <<>>
  /\ x \in Candidates(m)
  /\ LET c == Head(queue[m])
     IN  /\ cmToTs' = Send(cmToTs, m, TransportOf(c), Assign(c, x[1], x[2], FALSE))
         /\ entry' = [entry EXCEPT ![c] = "Assigned"]
  /\ queue' = [queue EXCEPT ![m] = Tail(@)]
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>

ResetWaiting(m) ==
  /\ queue[m] # <<>>
  /\ ~AnyListener(m)
  /\ LET c == Head(queue[m])
     IN  /\ cmToTs' = Send(cmToTs, m, TransportOf(c), ResetConnection(c))
         /\ entry' = [entry EXCEPT ![c] = "Resetting"]
  /\ queue' = [queue EXCEPT ![m] = Tail(@)]
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>

\* x: some local acceptor; Nobody when there is none.
SendOffer(m, to, x) ==
  /\ to # m
  /\ IF Locals(m) = {} THEN x = Nobody ELSE x \in Locals(m)
  /\ cmToCm' = Send(cmToCm, m, to, Offer(x, LocalListener(m)))
  /\ UNCHANGED <<apps, cms, tss, appToCm, appToTs, tsToApp, tsToCm, cmToTs>>

ReceiveOffer(m, from) ==
  /\ Heads(cmToCm[from][m], "Offer")
  /\ LET x == Head(cmToCm[from][m])
         dead == IF x.a = None THEN TRUE ELSE Stale(m, x)
     IN  offer' = [offer EXCEPT ![m][from] =
                     IF dead THEN [NoOffer EXCEPT !.listener = x.listener]
                     ELSE [a |-> x.a, g |-> x.g, listener |-> x.listener]]
  /\ cmToCm' = Consume(cmToCm, from, m)
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, queue, entry, tss, appToCm, appToTs, tsToApp, tsToCm, cmToTs>>

ReceiveAcceptConnection(m, a) ==
  /\ Home(a) = m
  /\ Heads(appToCm[a], "AcceptConnection")
  /\ LET g == Head(appToCm[a]).g
     IN  /\ g > generation[a]
         /\ acceptor' = [acceptor EXCEPT ![a] = g]
         /\ generation' = [generation EXCEPT ![a] = g]
  /\ listener' = [listener EXCEPT ![a] = TRUE]
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<apps, tombstone, offer, queue, entry, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

ManagerReceiveDetach(m, a) ==
  /\ Home(a) = m
  /\ Heads(appToCm[a], "Detach")
  /\ acceptor' = [acceptor EXCEPT ![a] = 0]
  /\ listener' = [listener EXCEPT ![a] = FALSE]
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<apps, generation, tombstone, offer, queue, entry, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveAcceptorTimedOut(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorTimedOut")
  /\ LET x == Head(tsToCm[t][m])
         home == Home(x.a)
     IN  /\ entry[x.c] = "Assigned"
         /\ entry' = [entry EXCEPT ![x.c] = IF KeepsReturned(m) THEN "Queued" ELSE "Free"]
         \* First in line, above the backlog too: it was admitted once.
         /\ queue' = IF KeepsReturned(m) THEN [queue EXCEPT ![m] = <<x.c>> \o @] ELSE queue
         /\ acceptor' = IF home = m /\ Removes(x.a, x.g) THEN [acceptor EXCEPT ![x.a] = 0] ELSE acceptor
         /\ tombstone' = IF home # m /\ x.g > tombstone[m][x.a] THEN [tombstone EXCEPT ![m][x.a] = x.g] ELSE tombstone
         /\ offer' = IF home # m /\ offer[m][home].a = x.a /\ offer[m][home].g <= x.g
                     THEN [offer EXCEPT ![m][home] = [NoOffer EXCEPT !.listener = offer[m][home].listener]]
                     ELSE offer
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, listener, generation, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveAcceptorRemoved(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorRemoved")
  /\ LET x == Head(tsToCm[t][m])
     IN  acceptor' = IF Removes(x.a, x.g) THEN [acceptor EXCEPT ![x.a] = 0] ELSE acceptor
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, listener, generation, tombstone, offer, queue, entry, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveConnectionClosed(m, t) ==
  /\ Heads(tsToCm[t][m], "ConnectionClosed")
  /\ LET c == Head(tsToCm[t][m]).c
     IN  /\ entry[c] # "Free"
         /\ queue' = IF entry[c] = "Queued" THEN [queue EXCEPT ![m] = SelectSeq(@, LAMBDA k : k # c)] ELSE queue
         /\ entry' = [entry EXCEPT ![c] = "Free"]
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveServiceTime(m, t) ==
  /\ Heads(tsToCm[t][m], "ServiceTime")
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, cms, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

-----------------------------------------------------------------------------
(* Transport Server *)

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
         ELSE CASE x.phase = "Gone" -> UNCHANGED <<conn, acc, tsToApp, tsToCm>>
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
     THEN conn' = [conn EXCEPT ![c].phase = "Waiting"] /\ UNCHANGED <<acc, tsToApp, tsToCm>>
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

-----------------------------------------------------------------------------
(* The whole system *)

\* Steps that a fair scheduler has to take: everything but what the world decides.
Progress ==
  \/ \E a \in Applications :
       \/ Register(a) \/ Claim(a)
       \/ \E t \in Transports : ReceiveAttached(a, t) \/ ReceiveAvailable(a, t) \/ ReceiveClaimed(a, t) \/ ReceiveTimedOut(a, t)
       \/ \E c \in Connections : \E n \in 1 .. conn[c].n : Release(a, c, n)
  \/ \E m \in Managers :
       \/ \E x \in Candidates(m) : AssignWaiting(m, x)
       \/ ResetWaiting(m)
       \/ \E k \in Managers : ReceiveOffer(m, k) \/ \E x \in Locals(m) \cup {Nobody} : SendOffer(m, k, x)
       \/ \E a \in Applications : ReceiveAcceptConnection(m, a) \/ ManagerReceiveDetach(m, a)
       \/ \E t \in Transports :
            \/ ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t)
            \/ ReceiveConnectionClosed(m, t) \/ ReceiveServiceTime(m, t)
  \/ \E t \in Transports :
       \/ \E m \in Managers : ReceiveOpen(t, m) \/ ReceiveAssign(t, m) \/ ReceiveReset(t, m)
       \/ \E a \in Applications : ReceiveClaim(t, a) \/ ReceiveAttach(t, a) \/ TransportReceiveDetach(t, a)
       \/ \E c \in Connections : Established(t, c)

World ==
  \/ \E a \in Applications : Attach(a, app[a].g) \/ CloseListener(a) \/ Die(a)
  \/ \E m \in Managers, c \in Connections : \E x \in Candidates(m) \cup {Nobody} : Syn(m, c, x)
  \/ \E t \in Transports, c \in Connections : ClaimTimeout(t, c) \/ Gone(t, c)

Next == Progress \/ World
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Properties *)

Rng(s) == {s[k] : k \in 1 .. Len(s)}
Count(s, Test(_)) == Len(SelectSeq(s, Test))

\* Each property says of one application, manager or connection what must hold, and then that it holds of all: a step
\* can break it only for those that the step is about, so that Trace need not look at all of them after every step.

TokenTuples == Connections \X Nat \X Nat
OwnedTuples == Connections \X Nat
\* The channel holds messages of these types only.
Holds(channel, types) == IF channel = <<>> THEN TRUE ELSE \A k \in 1 .. Len(channel) : channel[k].type \in types

\* Constant sets have names: TLC evaluates those once, and a set that is written out in each state.
ApplicationFields == {"phase", "awaiting", "g", "registered", "tokens", "claims", "owned"}
ApplicationPhases == {"Down", "Attaching", "Up", "Closed"}
ConnectionPhases == {"Gone", "Opening", "Waiting", "Announced", "Claimed"}
OwnedPhases == {"Announced", "Claimed"}
EntryStates == {"Free", "Queued", "Assigned", "Resetting"}
Owners == Applications \cup {None}
Outstanding == 0 .. Room
TypesAppToCm == {"AcceptConnection", "Detach"}
TypesAppToTs == {"Attach", "ClaimConnection", "Detach"}
TypesTsToApp == {"Attached", "ConnectionAvailable", "Claimed", "TimedOut"}
TypesCmToCm == {"Offer"}
TypesCmToTs == {"Open", "Assign", "ResetConnection"}
TypesTsToCm == {"AcceptorTimedOut", "AcceptorRemoved", "ConnectionClosed", "ServiceTime"}
TypesAboutConnection == {"AcceptorTimedOut", "ConnectionClosed"}
AnswerTypes == {"Claimed", "TimedOut"}

ApplicationTypeOK(a) ==
  LET x == app[a]
  IN  /\ DOMAIN x = ApplicationFields
      /\ x.phase \in ApplicationPhases
      /\ x.awaiting \subseteq Transports
      /\ x.g \in Nat /\ x.registered \in BOOLEAN
      /\ x.tokens \in Seq(TokenTuples) /\ x.claims \subseteq TokenTuples /\ x.owned \subseteq OwnedTuples
      /\ acceptor[a] \in Nat /\ generation[a] \in Nat /\ listener[a] \in BOOLEAN
      /\ \A m \in Managers : tombstone[m][a] \in Nat
      /\ \A t \in Transports :
           /\ acc[t][a].alive \in BOOLEAN /\ acc[t][a].back \in Nat
           /\ acc[t][a].outstanding \in Outstanding
      /\ Holds(appToCm[a], TypesAppToCm)
      /\ \A t \in Transports :
           /\ Holds(appToTs[a][t], TypesAppToTs)
           /\ Holds(tsToApp[t][a], TypesTsToApp)

ConnectionTypeOK(c) ==
  LET x == conn[c]
  IN  /\ x.phase \in ConnectionPhases
      /\ x.a \in Owners /\ x.g \in Nat /\ x.n \in Nat /\ x.born \in 0 .. x.n
      /\ x.phase \in OwnedPhases => x.a # None
      /\ (x.phase = "Gone" \/ x.phase = "Waiting") => x.a = None
      /\ entry[c] \in EntryStates

ManagerTypeOK(m) ==
  /\ queue[m] \in Seq(Connections)
  /\ \A k \in Managers :
       /\ offer[m][k].a \in Owners /\ offer[m][k].g \in Nat /\ offer[m][k].listener \in BOOLEAN
       /\ Holds(cmToCm[m][k], TypesCmToCm)
  /\ \A t \in Transports :
       /\ Holds(cmToTs[m][t], TypesCmToTs)
       /\ Holds(tsToCm[t][m], TypesTsToCm)

TypeOK ==
  /\ \A a \in Applications : ApplicationTypeOK(a)
  /\ \A c \in Connections : ConnectionTypeOK(c)
  /\ \A m \in Managers : ManagerTypeOK(m)

\* Whoever has a connection that lives has it alone, and its transport agrees.
OneOwnerOf(a, y) ==
  LET x == conn[y[1]]
  IN  (x.phase # "Gone" /\ y[2] > x.born) => (x.phase = "Claimed" /\ x.a = a /\ x.n = y[2])
OneOwner == \A a \in Applications : \A y \in app[a].owned : OneOwnerOf(a, y)

\* A claim has exactly one of: itself under way, its answer under way.
OneAnswerOf(a, y) ==
  LET t == TransportOf(y[1])
      IsClaim(z) == IF z.type = "ClaimConnection" THEN z.c = y[1] /\ z.n = y[2] ELSE FALSE
      IsAnswer(z) == IF z.type \in AnswerTypes THEN z.c = y[1] /\ z.n = y[2] ELSE FALSE
  IN  Count(appToTs[a][t], IsClaim) + Count(tsToApp[t][a], IsAnswer) = 1
\* (The claims of a process that ended have gone with it.)
OneAnswer == \A a \in Applications : \A y \in app[a].claims : OneAnswerOf(a, y)

One(p) == IF p THEN 1 ELSE 0
IsCreation(z) == z.type = "Open" \/ (z.type = "Assign" /\ z.fresh)
IsAssign(z) == z.type = "Assign"
IsReset(z) == z.type = "ResetConnection"
IsReturn(z) == z.type = "AcceptorTimedOut"
IsClosed(z) == z.type = "ConnectionClosed"
\* What a manager's messages to a transport say of c: what was sent before its creation concerned the id's last
\* connection, and will be ignored.
SinceCreation(messages) ==
  LET creations == {k \in 1 .. Len(messages) : IsCreation(messages[k])}
  IN  IF creations = {} THEN messages ELSE SubSeq(messages, CHOOSE k \in creations : TRUE, Len(messages))

\* An admitted connection is in exactly one place until it is gone, and is then freed by exactly one CONNECTION-CLOSED.
NotLostOf(c) ==
  LET m == ManagerOf(c)
      x == conn[c]
      IsIt(k) == k = c
      IsDown(z) == z.c = c
      IsUp(z) == IF z.type \in TypesAboutConnection THEN z.c = c ELSE FALSE
      all == SelectSeq(cmToTs[m][TransportOf(c)], IsDown)
      up == SelectSeq(tsToCm[TransportOf(c)][m], IsUp)
      down == IF all = <<>> THEN all ELSE SinceCreation(all)
      lives == One(x.phase # "Gone") + Count(all, IsCreation)
  IN  /\ lives + Count(up, IsClosed) = One(entry[c] # "Free")
      /\ Count(queue[m], IsIt) = One(entry[c] = "Queued")
      /\ lives = 1 =>
           /\ Count(down, IsAssign) + Count(up, IsReturn)
              + One(x.phase \in OwnedPhases \/ (x.phase = "Opening" /\ x.a # None)) = One(entry[c] = "Assigned")
           /\ Count(down, IsReset) = One(entry[c] = "Resetting")
NotLost == \A c \in Connections : NotLostOf(c)

\* A token of the application's current generation that will be answered by TIMED-OUT.
Withdrawn(a, y) == y[3] = app[a].g /\ ~Answers(conn[y[1]], a, y[2])

\* A registered application is listed, or about to be, or will be told that it is not.
NoLostWakeupOf(a) ==
  (app[a].phase = "Up" /\ app[a].registered) =>
    \/ acceptor[a] = app[a].g
    \/ InChannel(appToCm[a], AcceptConnection(a, app[a].g))
    \/ \E y \in Rng(app[a].tokens) : Withdrawn(a, y)
    \/ \E t \in Transports :
         \/ \E z \in Rng(tsToApp[t][a]) :
              CASE z.type = "ConnectionAvailable" -> Withdrawn(a, <<z.c, z.n, z.g>>)
                [] z.type = "TimedOut" -> z.g = app[a].g \/ z.back = app[a].g
                [] z.type = "Claimed" -> z.back = app[a].g
                [] OTHER -> FALSE
         \/ \E z \in Rng(appToTs[a][t]) :
              IF z.type = "ClaimConnection" THEN Withdrawn(a, <<z.c, z.n, z.g>>) ELSE FALSE
         \/ acc[t][a].back = app[a].g /\ acc[t][a].outstanding > 0
NoLostWakeup == \A a \in Applications : NoLostWakeupOf(a)

\* An application whose connection it is, for its transport, knows it, will hear of it, let it go, or ended.
OwnerKnowsOf(c) ==
  conn[c].phase = "Claimed" =>
    LET a == conn[c].a
        t == TransportOf(c)
        IsClaimed(z) == IF z.type = "Claimed" THEN z.c = c /\ z.n = conn[c].n ELSE FALSE
    IN  IF app[a].phase = "Down" \/ Leaving(a) THEN InChannel(appToTs[a][t], Detach(a)) \/ app[a].phase = "Closed"
        ELSE /\ acc[t][a].alive
             /\ ~\E y \in Rng(app[a].tokens) : y[1] = c /\ y[2] = conn[c].n
             /\ (\E y \in app[a].claims : y[1] = c /\ y[2] = conn[c].n) => Count(tsToApp[t][a], IsClaimed) = 1
OwnerKnows == \A c \in Connections : OwnerKnowsOf(c)

\* No generation is known that its application has not reached.
KnownGenerationOf(a) ==
  /\ acceptor[a] <= generation[a] /\ generation[a] <= app[a].g
  /\ \A m \in Managers : tombstone[m][a] <= app[a].g
KnownGeneration == \A a \in Applications : KnownGenerationOf(a)

\* A transport counts the announcements that an application has not claimed.
RoomKeptOf(a) ==
  \A t \in Transports : (app[a].phase = "Up" /\ acc[t][a].alive) =>
    LET IsAvailable(z) == z.type = "ConnectionAvailable"
        IsClaim(z) == z.type = "ClaimConnection"
        IsHere(y) == TransportOf(y[1]) = t
    IN  Count(tsToApp[t][a], IsAvailable) + Count(app[a].tokens, IsHere) + Count(appToTs[a][t], IsClaim)
          = acc[t][a].outstanding
RoomKept == \A a \in Applications : RoomKeptOf(a)

\* An announcement (c, n) is in one place only, whatever connection has the id: so a claim that names both means one
\* connection, and the next one under the id can't be taken for it.
IdsUniqueOf(c) ==
  LET t == TransportOf(c)
      IsIt(y) == y[1] = c
      IsTold(z) == IF z.type = "ConnectionAvailable" THEN z.c = c ELSE FALSE
      Tokens(a) == SelectSeq(app[a].tokens, IsIt)
      Told(a) == SelectSeq(tsToApp[t][a], IsTold)
      Taken(a) == {y \in app[a].claims \cup app[a].owned : y[1] = c}
      Numbers(a) == {y[2] : y \in Rng(Tokens(a)) \cup Taken(a)} \cup {z.n : z \in Rng(Told(a))}
  IN  /\ \A a \in Applications : Cardinality(Numbers(a)) = Len(Tokens(a)) + Cardinality(Taken(a)) + Len(Told(a))
      /\ \A a, b \in Applications : a # b => Numbers(a) \cap Numbers(b) = {}
IdsUnique == \A c \in Connections : IdsUniqueOf(c)

\* The home manager knows who listens, but for what is under way, and lists nobody else.
ListenerKnownOf(a) ==
  /\ (listener[a] /\ app[a].phase # "Up") => InChannel(appToCm[a], Detach(a))
  /\ (app[a].registered /\ ~listener[a]) => InChannel(appToCm[a], AcceptConnection(a, app[a].g))
  /\ acceptor[a] # 0 => listener[a]
ListenerKnown == \A a \in Applications : ListenerKnownOf(a)

\* A manager that heard of a time-out takes no offer of that registration, or an older one. (Of its own applications it
\* forgets the registration, and generations only rise: KnownGeneration.)
OncePerRegistration ==
  \A m, k \in Managers : offer[m][k].a # None => offer[m][k].g > tombstone[m][offer[m][k].a]

\* Who is still listed at home under a registration that another manager saw time out will not be for long.
HomeKnowsOf(a) ==
  (acceptor[a] # 0 /\ \E m \in Managers : tombstone[m][a] >= acceptor[a]) =>
    \E t \in Transports : InChannel(tsToCm[t][Home(a)], AcceptorRemoved(a, acceptor[a]))
HomeKnows == \A a \in Applications : HomeKnowsOf(a)

\* What the channels between three processes need room for, besides claims and answers (OneAnswer) and announcements
\* (RoomKept): one registration and two farewells, of the listener and of the process; of a connection downwards what
\* its last life left behind, its creation and its assignment, upwards its return and its end.
WithinRoomOf(a) ==
  LET IsAccept(z) == z.type = "AcceptConnection"
      IsDetach(z) == z.type = "Detach"
  IN  Count(appToCm[a], IsAccept) <= 1 /\ Count(appToCm[a], IsDetach) <= 2
WithinRoom ==
  /\ \A a \in Applications : WithinRoomOf(a)
  /\ \A c \in Connections :
       LET IsDown(z) == z.c = c
           IsUp(z) == IF z.type \in {"AcceptorTimedOut", "ConnectionClosed"} THEN z.c = c ELSE FALSE
       IN  /\ Count(cmToTs[ManagerOf(c)][TransportOf(c)], IsDown) <= 3
           /\ Count(tsToCm[TransportOf(c)][ManagerOf(c)], IsUp) <= 2

\* Nothing arrives where it is not expected: no core machine ever says Illegal.
Expected ==
  /\ \A a \in Applications :
       /\ appToCm[a] # <<>> => \/ Head(appToCm[a]).type = "Detach"
                               \/ Head(appToCm[a]).g > generation[a]
       /\ \A t \in Transports :
            /\ appToTs[a][t] # <<>> =>
                 CASE Head(appToTs[a][t]).type = "Attach" -> ~acc[t][a].alive
                   [] Head(appToTs[a][t]).type = "Detach" -> acc[t][a].alive
                   [] OTHER -> acc[t][a].alive /\ acc[t][a].outstanding > 0
            /\ (tsToApp[t][a] # <<>> /\ app[a].phase # "Down") =>
                 LET z == Head(tsToApp[t][a])
                 IN  CASE z.type = "Attached" -> app[a].phase = "Attaching" /\ t \in app[a].awaiting
                       [] z.type = "ConnectionAvailable" -> TRUE
                       [] OTHER -> <<z.c, z.n, z.g>> \in app[a].claims
  /\ \A m \in Managers, t \in Transports :
       /\ tsToCm[t][m] # <<>> =>
            LET z == Head(tsToCm[t][m])
            IN  CASE z.type = "AcceptorTimedOut" -> ManagerOf(z.c) = m /\ entry[z.c] = "Assigned"
                  [] z.type = "ConnectionClosed" -> ManagerOf(z.c) = m /\ entry[z.c] # "Free"
                  [] OTHER -> Home(z.a) = m
       /\ cmToTs[m][t] # <<>> =>
            LET z == Head(cmToTs[m][t])
            IN  /\ ManagerOf(z.c) = m /\ TransportOf(z.c) = t
                /\ CASE z.type = "Open" -> conn[z.c].phase = "Gone"
                     [] z.type = "Assign" ->
                          IF z.fresh THEN conn[z.c].phase = "Gone"
                          ELSE conn[z.c].phase \in {"Gone", "Waiting"} \/ (conn[z.c].phase = "Opening" /\ conn[z.c].a = None)
                     [] OTHER -> TRUE

\* Action property: gone stays gone until the id is used again; claimed only goes.
OneWay ==
  [][\A c \in Connections : conn[c].phase = "Claimed" =>
       \/ conn'[c].phase = "Gone"
       \/ conn'[c] = conn[c]]_vars

\* Action property: a connection is claimed by the announcement that was made for it, and by no other.
SameConnection ==
  [][\A c \in Connections : (conn[c].phase # "Claimed" /\ conn'[c].phase = "Claimed") =>
       LET told == tsToApp'[TransportOf(c)][conn'[c].a]
       IN  told[Len(told)].type = "Claimed" /\ told[Len(told)].c = c /\ told[Len(told)].n = conn'[c].n]_vars

\* Action property: the end of a claimed connection is reported once, to its claimer's home; not if the claimer died.
ReportedOnce ==
  [][\A t \in Transports, a \in Applications, m \in Managers :
       LET IsReport(z) == z.type = "ServiceTime" /\ z.a = a
           reports == Count(tsToCm'[t][m], IsReport) - Count(tsToCm[t][m], IsReport)
           ended == {c \in Connections : /\ TransportOf(c) = t /\ conn[c].a = a
                                         /\ conn[c].phase = "Claimed" /\ conn'[c].phase = "Gone"}
       IN  IF ended = {} THEN reports <= 0
           ELSE reports = IF m = Home(a) /\ acc'[t][a].alive THEN Cardinality(ended) ELSE 0]_vars
=============================================================================

----------------------------- MODULE StackState -----------------------------
(***************************************************************************)
(* The processes of the speculative three-way accept handshake (§3.2,      *)
(* §3.3), what each of them knows, the messages between them, and how all  *)
(* begins. What each does is in StackApplication, StackManager and         *)
(* StackTransport.                                                         *)
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
  Naive,         \* TRUE: no connection goes to another manager's acceptor
  Late           \* TRUE: a connection is given to an acceptor when both wait for each other (StackLate)

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
ConnectionEstablished(c) == [type |-> "ConnectionEstablished", c |-> c]
AcceptorUnused(a, g) == [type |-> "AcceptorUnused", a |-> a, g |-> g]

Send(channel, i, j, message) == [channel EXCEPT ![i][j] = Append(@, message)]
Consume(channel, i, j) == [channel EXCEPT ![i][j] = Tail(@)]
\* The channel's head is a message of this type.
Heads(queued, type) == IF queued = <<>> THEN FALSE ELSE Head(queued).type = type
InChannel(queued, message) == \E k \in 1 .. Len(queued) : queued[k] = message
Rng(s) == {s[k] : k \in 1 .. Len(s)}
Count(s, Test(_)) == Len(SelectSeq(s, Test))

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
=============================================================================

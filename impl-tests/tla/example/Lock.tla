---------------------------------- MODULE Lock ----------------------------------
(* A server lends a lock to clients, in the order in which it hears of them.      *)
(* Messages may overtake each other.                                              *)
EXTENDS Naturals, Sequences, FiniteSets

CONSTANTS
  Clients,
  NULL      \* nobody

VARIABLES
  client,   \* client: "idle", "waiting", or "holding" the lock
  holder,   \* to whom the server has lent the lock, or NULL
  queue,    \* clients that wait at the server, first in line first
  network   \* messages under way

vars == <<client, holder, queue, network>>

Request(c) == [type |-> "Request", client |-> c]
Grant(c) == [type |-> "Grant", client |-> c]
Return(c) == [type |-> "Return", client |-> c]

Init ==
  /\ client = [c \in Clients |-> "idle"]
  /\ holder = NULL
  /\ queue = <<>>
  /\ network = {}

\* A client asks for the lock, has it, and gives it back.
Ask(c) ==
  /\ client[c] = "idle"
  /\ client' = [client EXCEPT ![c] = "waiting"]
  /\ network' = network \cup {Request(c)}
  /\ UNCHANGED <<holder, queue>>

Enter(c) ==
  /\ Grant(c) \in network
  /\ client' = [client EXCEPT ![c] = "holding"]
  /\ network' = network \ {Grant(c)}
  /\ UNCHANGED <<holder, queue>>

Leave(c) ==
  /\ client[c] = "holding"
  /\ client' = [client EXCEPT ![c] = "idle"]
  /\ network' = network \cup {Return(c)}
  /\ UNCHANGED <<holder, queue>>

\* The server hears of a client; of a lock that is free, or returned, the first in line is told.
HearRequest(c) ==
  /\ Request(c) \in network
  /\ IF holder = NULL
     THEN holder' = c /\ queue' = queue /\ network' = (network \ {Request(c)}) \cup {Grant(c)}
     ELSE holder' = holder /\ queue' = Append(queue, c) /\ network' = network \ {Request(c)}
  /\ UNCHANGED client

HearReturn(c) ==
  /\ Return(c) \in network
  /\ IF queue = <<>>
     THEN holder' = NULL /\ queue' = queue /\ network' = network \ {Return(c)}
     ELSE /\ holder' = Head(queue)
          /\ queue' = Tail(queue)
          /\ network' = (network \ {Return(c)}) \cup {Grant(Head(queue))}
  /\ UNCHANGED client

Next == \E c \in Clients : Ask(c) \/ Enter(c) \/ Leave(c) \/ HearRequest(c) \/ HearReturn(c)
Spec == Init /\ [][Next]_vars

OneHolder == Cardinality({c \in Clients : client[c] = "holding"}) <= 1
HolderKnown == \A c \in Clients : client[c] = "holding" => holder = c
\* A trap: it must be violated, or the model shows nothing.
NobodyWaits == queue = <<>>
=================================================================================

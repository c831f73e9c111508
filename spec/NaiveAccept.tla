----------------------------- MODULE NaiveAccept -----------------------------
(***************************************************************************)
(* The naive accept (§3.2): one manager queues what comes in, and every    *)
(* accept() and select() asks it. The baseline of the speculative          *)
(* handshake, and what it costs in messages.                               *)
(*                                                                         *)
(* It mirrors src/core/naive-accept.ts: one action for each event, with    *)
(* all that follows from it, since messages are taken as immediate.        *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
  NApplications,
  NConnections,  \* ids of connections that wait, or come
  Backlog        \* connections that may wait before one is dropped

Applications == 0 .. NApplications - 1
Connections == 0 .. NConnections - 1

VARIABLES
  queue,    \* connections that wait, first in line first
  waiting,  \* applications whose accept() waits, first come first
  sent,     \* the messages of the last step, in order
  attempt,  \* application: what it has asked since it got something, or was told that there is nothing (history)
  cost      \* what the last attempt came to, and cost (history)

vars == <<queue, waiting, sent, attempt, cost>>

-----------------------------------------------------------------------------
(* Messages *)

AcceptRequest(a) == [type |-> "AcceptRequest", a |-> a]  \* application to manager
SelectRequest(a) == [type |-> "SelectRequest", a |-> a]
Ready(a, ready) == [type |-> "Ready", a |-> a, ready |-> ready]  \* manager to application
OfferTo(c, a) == [type |-> "OfferTo", c |-> c, a |-> a]  \* manager to transport
Connection(c, a) == [type |-> "Connection", c |-> c, a |-> a]  \* transport to application
HandOver(c, a) == <<OfferTo(c, a), Connection(c, a)>>

Rng(s) == {s[k] : k \in 1 .. Len(s)}

-----------------------------------------------------------------------------
(* Attempts: a select() that says "ready" and the accept() after it are one. *)

NoAttempt == [selected |-> FALSE, messages |-> 0]
\* What a's attempt has cost after this step, all of whose messages are about a.
Spent(a) == attempt[a].messages + Len(sent')
GoesOn(a) == attempt' = [attempt EXCEPT ![a].messages = Spent(a)] /\ cost' = cost
Over(a, with, without) ==
  /\ attempt' = [attempt EXCEPT ![a] = NoAttempt]
  /\ cost' = [kind |-> IF attempt[a].selected THEN with ELSE without, messages |-> Spent(a)]

Init ==
  /\ queue = <<>> /\ waiting = <<>> /\ sent = <<>>
  /\ attempt = [a \in Applications |-> NoAttempt]
  /\ cost = [kind |-> "Nothing", messages |-> 0]

-----------------------------------------------------------------------------
(* Events *)

Arrive(c) ==
  /\ c \notin Rng(queue)
  /\ IF waiting # <<>>
     THEN LET a == Head(waiting)
          IN  /\ sent' = HandOver(c, a)
              /\ waiting' = Tail(waiting) /\ queue' = queue
              /\ Over(a, "Hit", "Accept")
     ELSE /\ sent' = <<>>
          /\ queue' = IF Len(queue) < Backlog THEN Append(queue, c) ELSE queue
          /\ UNCHANGED <<waiting, attempt, cost>>

\* block: it waits for a connection, if there is none; otherwise it is told so.
Accept(a, block) ==
  IF a \in Rng(waiting)
  THEN sent' = <<>> /\ UNCHANGED <<queue, waiting, attempt, cost>>
  ELSE CASE queue # <<>> ->
              /\ sent' = <<AcceptRequest(a)>> \o HandOver(Head(queue), a)
              /\ queue' = Tail(queue) /\ waiting' = waiting
              /\ Over(a, "Hit", "Accept")
         [] queue = <<>> /\ block ->
              /\ sent' = <<AcceptRequest(a)>>
              /\ waiting' = Append(waiting, a) /\ queue' = queue
              /\ GoesOn(a)
         [] OTHER ->
              /\ sent' = <<AcceptRequest(a), Ready(a, FALSE)>>
              /\ UNCHANGED <<queue, waiting>>
              /\ Over(a, "Lost", "Miss")

Select(a) ==
  /\ a \notin Rng(waiting)
  /\ sent' = <<SelectRequest(a), Ready(a, queue # <<>>)>>
  /\ UNCHANGED <<queue, waiting>>
  /\ IF queue # <<>>
     THEN attempt' = [attempt EXCEPT ![a] = [selected |-> TRUE, messages |-> Len(sent')]] /\ cost' = cost
     ELSE attempt' = [attempt EXCEPT ![a] = NoAttempt] /\ cost' = [kind |-> "Miss", messages |-> Len(sent')]

Die(a) ==
  /\ waiting' = SelectSeq(waiting, LAMBDA b : b # a)
  /\ attempt' = [attempt EXCEPT ![a] = NoAttempt]
  /\ sent' = <<>>
  /\ UNCHANGED <<queue, cost>>

Next ==
  \/ \E c \in Connections : Arrive(c)
  \/ \E a \in Applications : Select(a) \/ Die(a) \/ \E block \in BOOLEAN : Accept(a, block)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ queue \in Seq(Connections) /\ Len(queue) <= Backlog
  /\ waiting \in Seq(Applications)
  /\ \A a \in Applications : attempt[a].selected \in BOOLEAN /\ attempt[a].messages \in Nat

\* Nobody waits for what is there, and nobody waits twice.
NeverBoth ==
  /\ queue = <<>> \/ waiting = <<>>
  /\ \A i, j \in 1 .. Len(waiting) : waiting[i] = waiting[j] => i = j

\* "Up to three messages" for every accept().
ThreeAnAccept == cost.kind = "Accept" => cost.messages = 3
\* "Each hit in a select loop would thus require five messages …
FiveAHit == cost.kind = "Hit" => cost.messages = 5
\* … while a miss would need two." One that was a hit until another application was faster costs four.
TwoAMiss == /\ cost.kind = "Miss" => cost.messages = 2
            /\ cost.kind = "Lost" => cost.messages = 4

\* Action property: who came first is served first, with what came first.
InOrder ==
  [][/\ \/ queue' = queue
        \/ queue # <<>> /\ queue' = Tail(queue)
        \/ \E c \in Connections : queue' = Append(queue, c)
     /\ \A m \in Rng(sent') : m.type = "Connection" =>
          /\ queue # <<>> => m.c = Head(queue)
          /\ waiting # <<>> => m.a = Head(waiting)]_vars

\* Designs known to be bad: each replaces a definition (Good <- Bad, in model-tests/naive.ts).

\* The transport tells the application by way of the manager.
BadHandOver(c, a) == <<OfferTo(c, a), Connection(c, a), Connection(c, a)>>
\* There are two managers, and a select() asks both.
BadSelect(a) ==
  /\ a \notin Rng(waiting)
  /\ sent' = <<SelectRequest(a), SelectRequest(a), Ready(a, FALSE), Ready(a, queue # <<>>)>>
  /\ UNCHANGED <<queue, waiting>>
  /\ IF queue # <<>>
     THEN attempt' = [attempt EXCEPT ![a] = [selected |-> TRUE, messages |-> Len(sent')]] /\ cost' = cost
     ELSE attempt' = [attempt EXCEPT ![a] = NoAttempt] /\ cost' = [kind |-> "Miss", messages |-> Len(sent')]
\* Who comes last is served first.
BadArrive(c) ==
  /\ c \notin Rng(queue) /\ Len(queue) < Backlog /\ waiting = <<>>
  /\ queue' = <<c>> \o queue
  /\ sent' = <<>>
  /\ UNCHANGED <<waiting, attempt, cost>>
\* What comes is queued: who waits will ask again.
BadQueueing(c) ==
  /\ c \notin Rng(queue) /\ Len(queue) < Backlog
  /\ queue' = Append(queue, c)
  /\ sent' = <<>>
  /\ UNCHANGED <<waiting, attempt, cost>>

\* Traps: each must be reached.
NeverHit == cost.kind # "Hit"
NeverLost == cost.kind # "Lost"
==============================================================================

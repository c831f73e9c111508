------------------------------- MODULE Channel -------------------------------
(***************************************************************************)
(* A bounded FIFO channel of messages that count upwards: what Ring is.    *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANT Capacity

VARIABLES
  queue,  \* what is under way, oldest first
  sent,   \* messages sent
  last    \* the last one received

Init == queue = <<>> /\ sent = 0 /\ last = <<0, 0>>

Send ==
  /\ Len(queue) < Capacity
  /\ queue' = Append(queue, <<sent + 1, sent + 1>>)
  /\ sent' = sent + 1
  /\ last' = last

Receive ==
  /\ queue # <<>>
  /\ last' = Head(queue)
  /\ queue' = Tail(queue)
  /\ sent' = sent

Spec == Init /\ [][Send \/ Receive]_<<queue, sent, last>>
==============================================================================

------------------------------ MODULE LockTrace -------------------------------
(* Is a recording a behaviour? Made by traceModule from the events' schema:    *)
(* change that, and have it made again.                                        *)
EXTENDS Lock, Integers, Sequences, TLC

CONSTANTS
  Trace,  \* the records, End the last
  Stop    \* record before which the state is printed; 0: none

VARIABLE position  \* of the next record

\* The action that the event says, with its parameters.
Step(ev) ==
  CASE ev.type = "Ask" -> ev.client \in Clients /\ Ask(ev.client)
    [] ev.type = "Enter" -> ev.client \in Clients /\ Enter(ev.client)
    [] ev.type = "Leave" -> ev.client \in Clients /\ Leave(ev.client)
    [] ev.type = "HearRequest" ->
         /\ ev.client \in Clients
         /\ HearRequest(ev.client)
    [] ev.type = "HearReturn" -> ev.client \in Clients /\ HearReturn(ev.client)
    [] OTHER -> FALSE

\* Nothing follows, and nothing is missing.
End(ev) ==
  /\ position = Len(Trace)
  /\ ev.events = position - 1
  /\ UNCHANGED <<client, holder, queue, network>>
  /\ PrintT(<<"ACCEPTED", ev.events>>)

TraceInit == Init /\ position = 1

Follow ==
  /\ position <= Len(Trace) /\ position # Stop
  /\ LET ev == Trace[position] IN IF ev.type = "End" THEN End(ev) ELSE Step(ev)
  /\ position' = position + 1

Look ==
  /\ position = Stop
  /\ PrintT(<<"STATE", [client |-> client, holder |-> holder, queue |-> queue, network |-> network]>>)
  /\ FALSE

TraceNext == Follow \/ Look
TraceSpec == TraceInit /\ [][TraceNext]_<<client, holder, queue, network, position>>
===============================================================================

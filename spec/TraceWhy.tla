------------------------------ MODULE TraceWhy ------------------------------
(***************************************************************************)
(* Follows a recording as Trace does, up to the record that Trace can't    *)
(* take, and has Java say of each conjunct in its way whether it holds,    *)
(* with the values that it is about (tlc2.overrides.TraceWhy).             *)
(***************************************************************************)
EXTENDS Trace

TraceStop(x) == CHOOSE n \in Nat : FALSE
\* Prints the state before record k, if it is one of those to be shown.
Show(k) == TRUE
\* Prints the state, and why `step` is not possible in it.
Why(step) == FALSE

WhyNext ==
  IF i < TraceStop(0) THEN Show(i) /\ TraceNext
  ELSE /\ i = TraceStop(0)
       /\ LET ev == TraceEvent(i) IN Why(Checked(ev) /\ Allowed(ev))

WhySpec == TraceInit /\ [][WhyNext]_<<vars, i, touched>>
=============================================================================

-------------------------------- MODULE MCBad --------------------------------
(***************************************************************************)
(* Designs known to be bad: each definition replaces one rule of Stack     *)
(* (Rule <- Bad rule, in the manifest), and must be found out.             *)
(***************************************************************************)
EXTENDS MC

\* Removal without generation: a late one undoes a re-registration.
RemovesAnyGeneration(a, g) == TRUE
\* A claim for what is not to be had stays without an answer.
RefusesSilently(x) == FALSE
\* A successor attaches while its predecessor's farewell is on its way.
NeverLeaving(a) == FALSE
\* A duplicate SYN is taken for a new one.
NeverKnown(c) == FALSE
\* An assignment creates the connection that its transport does not know.
CreatesAlways == TRUE
\* A claim names its connection only.
AnswersAnyAnnouncement(x, a, n) == x.phase = "Announced" /\ x.a = a
\* The connection is used before CLAIMED.
UsesAtClaim(x) == {<<x[1], x[2]>>}
\* A connection that comes back to a full backlog is dropped.
DropsReturned(m) == Len(queue[m]) < Backlog
==============================================================================

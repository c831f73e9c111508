----------------------------- MODULE AcceptQueue -----------------------------
(***************************************************************************)
(* One accept queue that all applications of a port share, with the        *)
(* semantics of POSIX: what an application believes in that calls          *)
(* listen(), accept() and close(). Everything below implements it.         *)
(*                                                                         *)
(* It is a pool: accept() takes any connection that waits, not the oldest. *)
(* Calls take time. While listen() is under way a SYN may be admitted or   *)
(* refused; and an accept() that was under way when its application closed *)
(* or ended may still take a connection.                                   *)
(***************************************************************************)
EXTENDS Integers

CONSTANTS Applications, Connections

None == -1

VARIABLES
  listeners,  \* applications that have called listen() and not closed: each has an accept() under way
  ready,      \* those whose listen() has returned
  late,       \* applications that no longer listen, but whose last accept() is not decided yet
  open,       \* SYNs may be admitted
  conn        \* connection: its phase, and the application that accepted it

queue == <<listeners, ready, late, open, conn>>

\* Waiting: in the queue. Accepted: taken by an accept() that has not returned yet. Held: returned to the application.
\* Left: its application has closed it, or ended; its peer may not know yet. Reset: its peer is told that it was in vain.
Phases == {"Gone", "Waiting", "Accepted", "Held", "Left", "Reset"}
Gone == [phase |-> "Gone", a |-> None]

TypeOK ==
  /\ listeners \subseteq Applications /\ ready \subseteq listeners
  /\ late \subseteq Applications \ listeners
  /\ open \in BOOLEAN /\ (ready # {} => open)
  /\ \A c \in Connections :
       /\ conn[c].phase \in Phases
       /\ conn[c].a \in IF conn[c].phase \in {"Gone", "Waiting", "Reset"} THEN {None} ELSE Applications

Init ==
  /\ listeners = {} /\ ready = {} /\ late = {} /\ open = FALSE
  /\ conn = [c \in Connections |-> Gone]

-----------------------------------------------------------------------------
(* Applications *)

Listen(a) ==
  /\ a \notin listeners \cup late
  /\ listeners' = listeners \cup {a}
  /\ UNCHANGED <<ready, late, open, conn>>

\* Several may become ready at once.
Readies(them) ==
  /\ open
  /\ them # {} /\ them \subseteq listeners \ ready
  /\ ready' = ready \cup them
  /\ UNCHANGED <<listeners, late, open, conn>>

\* Whose accept() may take a connection.
Takers == listeners \cup late

\* accept() takes a connection that waits. (That of a process that has ended takes it to the grave.)
Accept(a, c) ==
  /\ conn[c].phase = "Waiting"
  /\ a \in Takers
  /\ \E phase \in IF a \in late THEN {"Accepted", "Left"} ELSE {"Accepted"} :
       conn' = [conn EXCEPT ![c] = [phase |-> phase, a |-> a]]
  /\ late' \in {late, late \ {a}}
  /\ UNCHANGED <<listeners, ready, open>>

Return(a, c) ==
  /\ conn[c] = [phase |-> "Accepted", a |-> a]
  /\ conn' = [conn EXCEPT ![c].phase = "Held"]
  /\ UNCHANGED <<listeners, ready, late, open>>

Release(a, c) ==
  /\ conn[c] = [phase |-> "Held", a |-> a]
  /\ conn' = [conn EXCEPT ![c].phase = "Left"]
  /\ UNCHANGED <<listeners, ready, late, open>>

StopListening(a) ==
  /\ listeners' = listeners \ {a}
  /\ ready' = ready \ {a}
  /\ late' \in IF a \in listeners THEN {late, late \cup {a}} ELSE {late}

Close(a) ==
  /\ a \in listeners
  /\ StopListening(a)
  /\ UNCHANGED <<open, conn>>

\* Everything that the process had accepted is nobody's now.
Die(a) ==
  /\ StopListening(a)
  /\ conn' = [c \in Connections |->
                IF conn[c].a = a THEN [phase |-> "Left", a |-> a] ELSE conn[c]]
  /\ UNCHANGED open

\* The accept() that was under way comes to nothing.
Expire(a) ==
  /\ a \in late
  /\ late' = late \ {a}
  /\ UNCHANGED <<listeners, ready, open, conn>>

-----------------------------------------------------------------------------
(* The port *)

Arrive(c) ==
  /\ open
  /\ conn[c].phase = "Gone"
  /\ conn' = [conn EXCEPT ![c].phase = "Waiting"]
  /\ UNCHANGED <<listeners, ready, late, open>>

\* A SYN is answered by RST: nobody can rely on the port's being open.
MayRefuse == ready = {}

\* What waits when the last listener has gone is reset.
Reset(c) ==
  /\ MayRefuse
  /\ conn[c].phase = "Waiting"
  /\ conn' = [conn EXCEPT ![c].phase = "Reset"]
  /\ UNCHANGED <<listeners, ready, late, open>>

Open ==
  /\ ~open /\ listeners # {}
  /\ open' = TRUE
  /\ UNCHANGED <<listeners, ready, late, conn>>
Shut ==
  /\ open /\ ready = {}
  /\ open' = FALSE
  /\ UNCHANGED <<listeners, ready, late, conn>>

\* Connections end when their peers or their applications want it, several at once when a process ended.
Go(them) ==
  /\ \A c \in them : conn[c].phase # "Gone"
  /\ conn' = [c \in Connections |-> IF c \in them THEN Gone ELSE conn[c]]
  /\ UNCHANGED <<listeners, ready, late, open>>

Next ==
  \/ \E a \in Applications :
       \/ Listen(a) \/ Close(a) \/ Die(a) \/ Expire(a)
       \/ \E c \in Connections : Accept(a, c) \/ Return(a, c) \/ Release(a, c)
  \/ \E them \in SUBSET Applications : Readies(them)
  \/ \E c \in Connections : Arrive(c) \/ Reset(c)
  \/ Open \/ Shut
  \/ \E them \in SUBSET Connections : Go(them)

Spec == Init /\ [][Next]_queue

\* What waits while somebody listens is accepted; accept(), listen() and close() return.
Fairness ==
  /\ \A c \in Connections :
       /\ WF_queue(\E a \in Applications : Accept(a, c))
       /\ WF_queue(Reset(c))
       /\ \A a \in Applications : WF_queue(Return(a, c))
  /\ \A a \in Applications : WF_queue(Expire(a)) /\ WF_queue(\E them \in SUBSET Applications : a \in them /\ Readies(them))
  /\ WF_queue(listeners = {} /\ Shut)
FairSpec == Spec /\ Fairness

-----------------------------------------------------------------------------
(* Properties *)

\* A connection is accepted once, by one application, and never comes back to the queue.
AcceptedOnce ==
  [][\A c \in Connections :
       conn[c].phase \in {"Accepted", "Held", "Left"} => conn'[c].a \in {conn[c].a, None} /\ conn'[c].phase # "Waiting"]_queue

\* Nothing waits for ever, unless applications come and go for ever.
Settled == \A a \in Applications : <>[](a \in listeners) \/ <>[](a \notin listeners)
Served == Settled => \A c \in Connections : (conn[c].phase = "Waiting") ~> (conn[c].phase # "Waiting")
\* A port that nobody listens to is shut.
Shuts == (listeners = {}) ~> (~open \/ listeners # {})
=============================================================================

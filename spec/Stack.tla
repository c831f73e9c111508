------------------------------- MODULE Stack --------------------------------
(***************************************************************************)
(* The speculative three-way accept handshake between application          *)
(* processes, Connection Managers and Transport Servers (§3.2, §3.3).      *)
(*                                                                         *)
(* It mirrors src/core: one action for each event, of the same name.       *)
(* Service times are abstracted away, so whom a manager chooses is any     *)
(* candidate. What holds is in StackProperties, limits of a model are in   *)
(* MC, recordings in Trace.                                                *)
(***************************************************************************)
EXTENDS StackApplication, StackManager, StackLate, StackTransport

\* Steps that a fair scheduler has to take: everything but what the world decides.
Progress ==
  \/ \E a \in Applications :
       \/ Register(a) \/ Claim(a)
       \/ \E t \in Transports : ReceiveAttached(a, t) \/ ReceiveAvailable(a, t) \/ ReceiveClaimed(a, t) \/ ReceiveTimedOut(a, t)
       \/ \E c \in Connections : \E n \in 1 .. conn[c].n : Release(a, c, n)
  \/ \E m \in Managers :
       \/ \E x \in Candidates(m) : AssignWaiting(m, x)
       \/ ResetWaiting(m)
       \/ \E k \in Managers :
            \/ ReceiveOffer(m, k) \/ Ask(m, k) \/ ReturnOffer(m, k)
            \/ \E x \in Locals(m) \cup {Nobody} : SendOffer(m, k, x)
       \/ \E a \in Applications : ReceiveAcceptConnection(m, a) \/ ManagerReceiveDetach(m, a)
       \/ \E t \in Transports :
            \/ ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t)
            \/ ReceiveConnectionClosed(m, t) \/ ReceiveServiceTime(m, t)
            \/ ReceiveConnectionEstablished(m, t) \/ ReceiveAcceptorUnused(m, t)
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
=============================================================================

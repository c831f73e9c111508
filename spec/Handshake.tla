------------------------------ MODULE Handshake ------------------------------
(***************************************************************************)
(* The speculative three-way accept handshake with one Connection Manager  *)
(* (§3.2). Connections are pushed to applications that registered; a claim *)
(* comes back before the connection is theirs, or it goes to another.      *)
(*                                                                         *)
(* Several managers seen as one (that is what Offers refines): a queue     *)
(* without order, registrations that are still assigned to though no       *)
(* longer listed, and listeners that not every part knows of yet.          *)
(***************************************************************************)
EXTENDS Endpoints

VARIABLES
  acceptor,    \* application: generation under which it is listed, 0: not listed
  listener,    \* applications that listen, as their home knows
  generation,  \* application: newest generation that its home has seen
  open,        \* somewhere it is believed that somebody listens
  ready        \* applications of which it is known everywhere that they listen

manager == <<acceptor, listener, generation, open, ready>>
vars == <<endpoints, manager>>
channels == <<app, back, appToTs, tsToApp>>

Init ==
  /\ EndpointsInit
  /\ acceptor = [a \in Applications |-> 0]
  /\ listener = {}
  /\ generation = [a \in Applications |-> 0]
  /\ open = FALSE
  /\ ready = {}

-----------------------------------------------------------------------------
(* Connection Manager *)

Listed(x) == x[2] # 0 /\ acceptor[x[1]] = x[2]
\* Whoever has registered may be assigned to, though no longer listed: it was offered and has not been withdrawn.
Assignable(x) == x[2] \in 1 .. generation[x[1]]
Handles == UNION {{<<a, g>> : g \in 1 .. generation[a]} : a \in Applications}

AssignTo(c, x) == [conn EXCEPT ![c].phase = "Assigned", ![c].a = x[1], ![c].g = x[2]]

SynAssigned(c, x) ==
  /\ open /\ conn[c].phase = "Gone" /\ Assignable(x)
  /\ conn' = AssignTo(c, x)
  /\ UNCHANGED <<channels, notices, appToCm, manager>>

SynQueued(c) ==
  /\ open /\ conn[c].phase = "Gone"
  /\ conn' = [conn EXCEPT ![c].phase = "Queued"]
  /\ UNCHANGED <<channels, notices, appToCm, manager>>

AssignWaiting(c, x) ==
  /\ conn[c].phase = "Queued" /\ Assignable(x)
  /\ conn' = AssignTo(c, x)
  /\ UNCHANGED <<channels, notices, appToCm, manager>>

ResetWaiting(c) ==
  /\ conn[c].phase = "Queued" /\ ready = {}
  /\ conn' = [conn EXCEPT ![c].phase = "Resetting"]
  /\ UNCHANGED <<channels, notices, appToCm, manager>>

\* known: everywhere at once.
ReceiveAcceptConnection(a, known) ==
  /\ Heads(appToCm[a], "AcceptConnection")
  /\ LET g == Head(appToCm[a]).g
     IN  acceptor' = [acceptor EXCEPT ![a] = g] /\ generation' = [generation EXCEPT ![a] = g]
  /\ listener' = listener \cup {a}
  /\ open' = TRUE
  /\ ready' = IF known THEN ready \cup {a} ELSE ready
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<channels, conn, notices>>

\* The rest hears of it.
Ready(them) ==
  /\ them # {} /\ them \subseteq listener \ ready
  /\ ready' = ready \cup them
  /\ UNCHANGED <<endpoints, acceptor, listener, generation, open>>
Shut ==
  /\ listener = {} /\ open
  /\ open' = FALSE
  /\ UNCHANGED <<endpoints, acceptor, listener, generation, ready>>

ManagerReceiveDetach(a, known) ==
  /\ Heads(appToCm[a], "Detach")
  /\ acceptor' = [acceptor EXCEPT ![a] = 0]
  /\ listener' = listener \ {a}
  /\ ready' = ready \ {a}
  /\ open' = (open /\ ~(known /\ listener' = {}))
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<channels, conn, notices, generation>>

\* A removal names a generation: a later registration survives it.
Removes(a, g) == acceptor[a] = g

\* kept: another notice of the same is on its way.
Unlist(m, a, g, kept) ==
  /\ acceptor' = IF Home(a) = m /\ Removes(a, g) THEN [acceptor EXCEPT ![a] = 0] ELSE acceptor
  /\ notices' = IF kept THEN notices ELSE notices \ {<<m, a, g>>}

\* ACCEPTOR-REMOVED, or ACCEPTOR-TIMED-OUT of a connection that has gone since.
ReceiveNotice(m, a, g, kept) ==
  /\ <<m, a, g>> \in notices
  /\ Unlist(m, a, g, kept)
  /\ UNCHANGED <<channels, conn, appToCm, listener, generation, open, ready>>

\* ACCEPTOR-TIMED-OUT: back into the queue.
ReceiveReturn(c, kept) ==
  /\ conn[c].phase = "Returned"
  /\ Unlist(ManagerOf(c), conn[c].a, conn[c].g, kept)
  /\ conn' = [conn EXCEPT ![c].phase = "Queued", ![c].a = None, ![c].g = 0]
  /\ UNCHANGED <<channels, appToCm, listener, generation, open, ready>>

ManagerNext ==
  \/ \E c \in Connections :
       \/ SynQueued(c) \/ ResetWaiting(c)
       \/ \E x \in Handles : SynAssigned(c, x) \/ AssignWaiting(c, x)
       \/ \E kept \in BOOLEAN : ReceiveReturn(c, kept)
  \/ \E a \in Applications, known \in BOOLEAN : ReceiveAcceptConnection(a, known) \/ ManagerReceiveDetach(a, known)
  \/ \E x \in notices, kept \in BOOLEAN : ReceiveNotice(x[1], x[2], x[3], kept)
  \/ \E them \in SUBSET Applications : Ready(them)
  \/ Shut

Next == (EndpointsNext /\ UNCHANGED manager) \/ ManagerNext
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A a \in Applications :
       /\ app[a].phase \in {"Down", "Up", "Closed"}
       /\ acceptor[a] <= generation[a] /\ generation[a] <= app[a].g
  /\ \A c \in Connections :
       /\ conn[c].phase \in {"Gone", "Queued", "Assigned", "Announced", "Returned", "Claimed", "Resetting"}
       /\ conn[c].a \in IF conn[c].phase \in {"Gone", "Queued", "Resetting"} THEN {None} ELSE Applications
       /\ conn[c].born <= conn[c].n
  /\ ready \subseteq listener /\ (listener # {} => open)

\* Whoever has a connection that lives has it alone, and its transport agrees.
OneOwner ==
  \A a \in Applications : \A y \in app[a].owned :
    LET x == conn[y[1]]
    IN  (x.phase # "Gone" /\ y[2] > x.born) => x.phase = "Claimed" /\ x.a = a /\ x.n = y[2]

\* A claim has exactly one of: itself under way, its answer under way.
OneAnswer ==
  \A a \in Applications : \A y \in app[a].claims :
    LET t == TransportOf(y[1])
        asked == Has(appToTs[a][t], "ClaimConnection", y[1], y[2])
        answered == Has(tsToApp[t][a], "Claimed", y[1], y[2]) \/ Has(tsToApp[t][a], "TimedOut", y[1], y[2])
    IN  asked # answered

\* Whoever takes itself to be registered is listed, or about to be, or will be told that it is not.
NoLostWakeup ==
  \A a \in Applications :
    LET g == app[a].g
        Withdrawn(c, n, h) == h = g /\ ~Answers(conn[c], a, n)
    IN  Current(a, g) =>
          \/ acceptor[a] = g
          \/ AcceptConnection(a, g) \in Rng(appToCm[a])
          \/ \E y \in app[a].tokens : Withdrawn(y[1], y[2], y[3])
          \/ \E t \in Transports :
               \/ \E z \in Rng(tsToApp[t][a]) :
                    CASE z.type = "ConnectionAvailable" -> Withdrawn(z.c, z.n, z.g)
                      [] z.type = "TimedOut" -> z.g = g \/ z.back = g
                      [] OTHER -> z.back = g
               \/ \E z \in Rng(appToTs[a][t]) : z.type = "ClaimConnection" /\ Withdrawn(z.c, z.n, z.g)
               \/ back[t][a] = g /\ Owes(t, a)

-----------------------------------------------------------------------------
(* What it implements: AcceptQueue with these for its variables. *)

\* From the start of its process: it may claim what was meant for its predecessor before it has registered itself.
QueueListeners == {a \in Applications : app[a].phase = "Up"}
QueueReady == QueueListeners \cap ready
QueueLate ==
  {a \in Applications \ QueueListeners :
     \E t \in Transports : \E x \in Rng(appToTs[a][t]) : x.type = "ClaimConnection"}
QueueOpen == open \/ \E a \in Applications : \E x \in Rng(appToCm[a]) : x.type = "AcceptConnection"

Holders(c) == {a \in Applications : \E y \in app[a].owned : y[1] = c /\ y[2] > conn[c].born}
QueueConn ==
  [c \in Connections |->
     LET x == conn[c]
     IN  IF x.phase = "Gone" THEN [phase |-> "Gone", a |-> None]
         ELSE IF x.phase = "Resetting" THEN [phase |-> "Reset", a |-> None]
         ELSE IF Holders(c) # {} THEN [phase |-> "Held", a |-> CHOOSE a \in Holders(c) : TRUE]
         ELSE IF x.phase # "Claimed" THEN [phase |-> "Waiting", a |-> None]
         ELSE [phase |-> IF Has(tsToApp[TransportOf(c)][x.a], "Claimed", c, x.n) THEN "Accepted" ELSE "Left", a |-> x.a]]
=============================================================================

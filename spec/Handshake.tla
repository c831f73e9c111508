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
  entry,       \* connection: what its manager knows: Free, Queued (it waits), Assigned (ASSIGN was sent), Resetting
  acceptor,    \* application: generation under which it is listed, 0: not listed
  listener,    \* applications that listen, as their home knows
  generation,  \* application: newest generation that its home has seen
  open,        \* somewhere it is believed that somebody listens
  ready        \* applications of which it is known everywhere that they listen

manager == <<entry, acceptor, listener, generation, open, ready>>
vars == <<endpoints, manager>>
elsewhere == <<app, conn, back, appToTs, tsToApp>>

Init ==
  /\ EndpointsInit
  /\ entry = [c \in Connections |-> "Free"]
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

\* What the manager knows of c, and tells its transport.
Tells(c, knows, message) ==
  /\ entry' = [entry EXCEPT ![c] = knows]
  /\ cmToTs' = Send(cmToTs, ManagerOf(c), TransportOf(c), message)
  /\ UNCHANGED <<elsewhere, appToCm, tsToCm, acceptor, listener, generation, open, ready>>

SynAssigned(c, x) == open /\ entry[c] = "Free" /\ Assignable(x) /\ Tells(c, "Assigned", Assign(c, x, TRUE))
SynQueued(c) == open /\ entry[c] = "Free" /\ Tells(c, "Queued", Open(c))
AssignWaiting(c, x) == entry[c] = "Queued" /\ Assignable(x) /\ Tells(c, "Assigned", Assign(c, x, FALSE))
ResetWaiting(c) == entry[c] = "Queued" /\ ready = {} /\ Tells(c, "Resetting", ResetConnection(c))

\* known: everywhere at once.
ReceiveAcceptConnection(a, known) ==
  /\ Heads(appToCm[a], "AcceptConnection")
  /\ LET g == Head(appToCm[a]).g
     IN  acceptor' = [acceptor EXCEPT ![a] = g] /\ generation' = [generation EXCEPT ![a] = g]
  /\ listener' = listener \cup {a}
  /\ open' = TRUE
  /\ ready' = IF known THEN ready \cup {a} ELSE ready
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<elsewhere, tsToCm, cmToTs, entry>>

\* The rest hears of it.
Ready(them) ==
  /\ them # {} /\ them \subseteq listener \ ready
  /\ ready' = ready \cup them
  /\ UNCHANGED <<endpoints, entry, acceptor, listener, generation, open>>
Shut ==
  /\ listener = {} /\ open
  /\ open' = FALSE
  /\ UNCHANGED <<endpoints, entry, acceptor, listener, generation, ready>>

ManagerReceiveDetach(a, known) ==
  /\ Heads(appToCm[a], "Detach")
  /\ acceptor' = [acceptor EXCEPT ![a] = 0]
  /\ listener' = listener \ {a}
  /\ ready' = ready \ {a}
  /\ open' = (open /\ ~(known /\ listener' = {}))
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<elsewhere, tsToCm, cmToTs, entry, generation>>

\* A removal names a generation: a later registration survives it.
Removes(a, g) == acceptor[a] = g
Unlist(m, a, g) ==
  acceptor' = IF Home(a) = m /\ Removes(a, g) THEN [acceptor EXCEPT ![a] = 0] ELSE acceptor

\* Back into the queue. (It may have gone since: CONNECTION-CLOSED comes behind.)
ReceiveAcceptorTimedOut(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorTimedOut")
  /\ LET x == Head(tsToCm[t][m])
     IN  /\ entry[x.c] = "Assigned"
         /\ entry' = [entry EXCEPT ![x.c] = "Queued"]
         /\ Unlist(m, x.a, x.g)
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<elsewhere, appToCm, cmToTs, listener, generation, open, ready>>

ReceiveAcceptorRemoved(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorRemoved")
  /\ LET x == Head(tsToCm[t][m]) IN Unlist(m, x.a, x.g)
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<elsewhere, appToCm, cmToTs, entry, listener, generation, open, ready>>

ReceiveConnectionClosed(m, t) ==
  /\ Heads(tsToCm[t][m], "ConnectionClosed")
  /\ entry' = [entry EXCEPT ![Head(tsToCm[t][m]).c] = "Free"]
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<elsewhere, appToCm, cmToTs, acceptor, listener, generation, open, ready>>

ManagerNext ==
  \/ \E c \in Connections :
       \/ SynQueued(c) \/ ResetWaiting(c)
       \/ \E x \in Handles : SynAssigned(c, x) \/ AssignWaiting(c, x)
  \/ \E a \in Applications, known \in BOOLEAN : ReceiveAcceptConnection(a, known) \/ ManagerReceiveDetach(a, known)
  \/ \E m \in Managers, t \in Transports :
       ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t) \/ ReceiveConnectionClosed(m, t)
  \/ \E them \in SUBSET Applications : Ready(them)
  \/ Shut

Next == (UNCHANGED manager /\ EndpointsNext) \/ ManagerNext
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ \A a \in Applications :
       /\ app[a].phase \in {"Down", "Up", "Closed"}
       /\ acceptor[a] <= generation[a] /\ generation[a] <= app[a].g
  /\ \A c \in Connections :
       /\ entry[c] \in {"Free", "Queued", "Assigned", "Resetting"}
       /\ conn[c].phase \in {"Gone", "Waiting", "Assigned", "Announced", "Claimed"}
       /\ conn[c].a \in IF conn[c].phase \in {"Gone", "Waiting"} THEN {None} ELSE Applications
       /\ conn[c].born <= conn[c].n
  /\ ready \subseteq listener /\ (listener # {} => open)

\* Whoever has a connection that lives has it alone, and its transport agrees.
OneOwner ==
  \A a \in Applications : \A y \in app[a].owned :
    LET x == conn[y[1]]
    IN  (x.phase # "Gone" /\ y[2] > x.born) => x.phase = "Claimed" /\ x.a = a /\ x.n = y[2]

\* The manager of a connection and its transport agree, but for what is under way: it is created once, and it has one of
\* an assignment under way, an acceptor, and its return under way as long as its manager takes it to be assigned.
About(s, types, c) == SelectSeq(s, LAMBDA z : IF z.type \in types THEN z.c = c ELSE FALSE)
Creations(c) == SelectSeq(About(ToTransport(c), {"Open", "Assign"}, c), LAMBDA z : z.type = "Open" \/ z.fresh)
\* It lives from its SYN on, not from its creation by message, until it is gone, not until its manager hears of it.
Lives(c) == conn[c].phase # "Gone" \/ Creations(c) # <<>>
Agreed ==
  \A c \in Connections :
    LET Ups(type) == Len(About(tsToCm[TransportOf(c)][ManagerOf(c)], {type}, c))
        lives == IF conn[c].phase = "Gone" THEN Len(Creations(c)) ELSE 1 + Len(Creations(c))
        accepted == IF conn[c].phase \in {"Gone", "Waiting"} THEN 0 ELSE 1
    IN  /\ lives + Ups("ConnectionClosed") = IF entry[c] = "Free" THEN 0 ELSE 1
        /\ conn[c].phase # "Gone" =>
             Len(About(ToTransport(c), {"Assign"}, c)) + accepted + Ups("AcceptorTimedOut")
               = IF entry[c] = "Assigned" THEN 1 ELSE 0

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
     IN  IF ~Lives(c) THEN [phase |-> "Gone", a |-> None]
         ELSE IF entry[c] = "Resetting" THEN [phase |-> "Reset", a |-> None]
         ELSE IF Holders(c) # {} THEN [phase |-> "Held", a |-> CHOOSE a \in Holders(c) : TRUE]
         ELSE IF x.phase # "Claimed" THEN [phase |-> "Waiting", a |-> None]
         ELSE [phase |-> IF Has(tsToApp[TransportOf(c)][x.a], "Claimed", c, x.n) THEN "Accepted" ELSE "Left", a |-> x.a]]
=============================================================================

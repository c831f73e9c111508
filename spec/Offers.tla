------------------------------- MODULE Offers -------------------------------
(***************************************************************************)
(* Several Connection Managers (§3.3): each has a queue of its own, its    *)
(* own applications, and the last offer of each other manager. A scheme    *)
(* says who may get a connection; who of them does is a weighted draw, and *)
(* here any of them.                                                       *)
(*                                                                         *)
(* A service time is a number, 0: not measured yet. Laws and names are     *)
(* those of src/core/selection.ts and manager.ts.                          *)
(***************************************************************************)
EXTENDS Endpoints

CONSTANTS
  Scheme,  \* "Naive", "Unfiltered", "Filtered", "Tournament" or "Shortest"
  Times,   \* service times that may be measured
  Tariff,  \* an offer's service time counts so many times
  High,    \* watermarks, in hundredths
  Low

VARIABLES
  entry,       \* connection: what its manager knows: Free, Queued, Assigned (ASSIGN was sent), Resetting
  acceptor,    \* application: generation under which its home lists it, 0: not listed
  listener,    \* applications that listen, as their homes know
  generation,  \* application: newest generation that its home has seen
  time,        \* application: its service time, as its home has measured it
  queue,       \* manager: connections that wait, first in line first
  tombstone,   \* manager, application: newest generation that timed out on the manager's assignments
  offer,       \* manager, manager: the second one's last offer
  cmToCm       \* FIFO channel for each pair of managers

managers == <<entry, acceptor, listener, generation, time, queue, tombstone, offer, cmToCm>>
vars == <<endpoints, managers>>
elsewhere == <<app, conn, back, appToTs, tsToApp>>

NoOffer == [a |-> None, g |-> 0, listener |-> FALSE, time |-> 0, admitted |-> FALSE]
OfferMessage(x, l, t) == [type |-> "Offer", a |-> x[1], g |-> x[2], listener |-> l, time |-> t]
Nobody == <<None, 0>>

Init ==
  /\ EndpointsInit
  /\ entry = [c \in Connections |-> "Free"]
  /\ acceptor = [a \in Applications |-> 0]
  /\ listener = {}
  /\ generation = [a \in Applications |-> 0]
  /\ time = [a \in Applications |-> 0]
  /\ queue = [m \in Managers |-> <<>>]
  /\ tombstone = [m \in Managers |-> [a \in Applications |-> 0]]
  /\ offer = [m \in Managers |-> [k \in Managers |-> NoOffer]]
  /\ cmToCm = [m \in Managers |-> [k \in Managers |-> <<>>]]

-----------------------------------------------------------------------------
(* Who may get a connection *)

Locals(m) == {<<a, acceptor[a]>> : a \in {b \in Applications : acceptor[b] # 0 /\ Home(b) = m}}
Least(numbers) == CHOOSE x \in numbers : \A y \in numbers : x <= y
LocalTimes(m) == {time[x[1]] : x \in Locals(m)}

\* The best local service time over that of an offer times the tariff is above, or not below, so many hundredths.
\* What is not measured counts as the best known, so that it is sampled.
Compare(m, t, Holds(_, _)) ==
  LET measured == {x \in LocalTimes(m) \cup {t} : x > 0}
      known == IF measured = {} THEN 1 ELSE Least(measured)
      Effective(x) == IF x > 0 THEN x ELSE known
  IN  Holds(100 * Effective(Least(LocalTimes(m))), Tariff * Effective(t))
Above(m, t, percent) == Compare(m, t, LAMBDA here, there : here > percent * there)
NotBelow(m, t, percent) == Compare(m, t, LAMBDA here, there : here >= percent * there)

\* The filter with hysteresis: rises above the high watermark to be let in, falls below the low one to be put out.
Readmitted(m) ==
  [k \in Managers |->
     LET x == offer[m][k]
     IN  IF Scheme # "Tournament" \/ Locals(m) = {} \/ x.a = None THEN x
         ELSE [x EXCEPT !.admitted = IF x.admitted THEN NotBelow(m, x.time, Low) ELSE Above(m, x.time, High)]]

\* A manager without acceptors of its own takes any offer ("stolen" connections), unless it is naive.
Passes(m, x) ==
  CASE Scheme = "Naive" -> FALSE
    [] Locals(m) = {} \/ Scheme = "Unfiltered" -> TRUE
    [] Scheme = "Filtered" -> Above(m, x.time, 100)
    [] OTHER -> x.admitted
PaperCandidates(m) ==
  Locals(m) \cup {<<x.a, x.g>> : x \in {y \in {Readmitted(m)[k] : k \in Managers} : y.a # None /\ Passes(m, y)}}

\* Shortest: a time is the delay that a connection has to expect, what waits before it included. Nobody gets one who is not
\* the best here, or better by the tariff: two of those are drawn, and the better one gets it, so never the worst.
Offered(m) == {x \in {offer[m][k] : k \in Managers} : x.a # None}
Known(m) ==
  LET measured == {t \in LocalTimes(m) \cup {x.time : x \in Offered(m)} : t > 0}
  IN  IF measured = {} THEN 1 ELSE Least(measured)
Delay(m, t) == IF t > 0 THEN t ELSE Known(m)
Delays(m) == {Delay(m, t) : t \in LocalTimes(m)}
Better(m) ==
  {x \in Offered(m) : Locals(m) = {} \/ Tariff * Delay(m, x.time) < Least(Delays(m))}
Drawn(m) ==
  {x \in Better(m) : Better(m) = {x} \/ \E y \in Better(m) \ {x} : Delay(m, x.time) <= Delay(m, y.time)}
ShortestCandidates(m) ==
  IF Better(m) # {} THEN {<<x.a, x.g>> : x \in Drawn(m)}
  ELSE {x \in Locals(m) : Delay(m, time[x[1]]) = Least(Delays(m))}

Candidates(m) == IF Scheme = "Shortest" THEN ShortestCandidates(m) ELSE PaperCandidates(m)

AnyListener(m) == (\E a \in listener : Home(a) = m) \/ \E k \in Managers : offer[m][k].listener

-----------------------------------------------------------------------------
(* Connections *)

\* What its manager knows of c, and tells its transport.
Tells(c, knows, message) ==
  /\ entry' = [entry EXCEPT ![c] = knows]
  /\ cmToTs' = Send(cmToTs, ManagerOf(c), TransportOf(c), message)
  /\ UNCHANGED <<elsewhere, appToCm, tsToCm, acceptor, listener, generation, time, tombstone, cmToCm>>

AssignTo(m, c, x, fresh) ==
  /\ x \in Candidates(m)
  /\ Tells(c, "Assigned", Assign(c, x, fresh))
  /\ offer' = [offer EXCEPT ![m] = Readmitted(m)]

\* A SYN waits only when it must, and does not overtake what waits.
SynAssigned(c, x) ==
  LET m == ManagerOf(c)
  IN  /\ entry[c] = "Free" /\ AnyListener(m) /\ queue[m] = <<>>
      /\ AssignTo(m, c, x, TRUE)
      /\ UNCHANGED queue

SynQueued(c) ==
  LET m == ManagerOf(c)
  IN  /\ entry[c] = "Free" /\ AnyListener(m) /\ (queue[m] # <<>> \/ Candidates(m) = {})
      /\ Tells(c, "Queued", Open(c))
      /\ queue' = [queue EXCEPT ![m] = Append(@, c)]
      /\ UNCHANGED offer

AssignWaiting(m, x) ==
  /\ queue[m] # <<>>
  /\ AssignTo(m, Head(queue[m]), x, FALSE)
  /\ queue' = [queue EXCEPT ![m] = Tail(@)]

ResetWaiting(m) ==
  /\ queue[m] # <<>> /\ ~AnyListener(m)
  /\ Tells(Head(queue[m]), "Resetting", ResetConnection(Head(queue[m])))
  /\ queue' = [queue EXCEPT ![m] = Tail(@)]
  /\ UNCHANGED offer

\* Its id may be used again.
ReceiveConnectionClosed(m, t) ==
  /\ Heads(tsToCm[t][m], "ConnectionClosed")
  /\ LET c == Head(tsToCm[t][m]).c
     IN  /\ entry' = [entry EXCEPT ![c] = "Free"]
         /\ queue' = [queue EXCEPT ![m] = SelectSeq(@, LAMBDA k : k # c)]
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<elsewhere, appToCm, cmToTs, acceptor, listener, generation, time, tombstone, offer, cmToCm>>

-----------------------------------------------------------------------------
(* Acceptors *)

ReceiveAcceptConnection(a) ==
  /\ Heads(appToCm[a], "AcceptConnection")
  /\ LET g == Head(appToCm[a]).g
     IN  acceptor' = [acceptor EXCEPT ![a] = g] /\ generation' = [generation EXCEPT ![a] = g]
  /\ listener' = listener \cup {a}
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<elsewhere, tsToCm, cmToTs, entry, time, queue, tombstone, offer, cmToCm>>

ManagerReceiveDetach(a) ==
  /\ Heads(appToCm[a], "Detach")
  /\ acceptor' = [acceptor EXCEPT ![a] = 0]
  /\ listener' = listener \ {a}
  /\ time' = [time EXCEPT ![a] = 0]
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<elsewhere, tsToCm, cmToTs, entry, generation, queue, tombstone, offer, cmToCm>>

\* Connections end, and with them comes what the service time is now.
Measure(a, t) ==
  /\ time' = [time EXCEPT ![a] = t]
  /\ UNCHANGED <<endpoints, entry, acceptor, listener, generation, queue, tombstone, offer, cmToCm>>

Removes(a, g) == acceptor[a] = g
Unlist(m, a, g) ==
  acceptor' = IF Home(a) = m /\ Removes(a, g) THEN [acceptor EXCEPT ![a] = 0] ELSE acceptor

\* First in line. The home lists the acceptor no longer; another manager takes no offer of this or an older generation
\* again.
ReceiveAcceptorTimedOut(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorTimedOut")
  /\ LET x == Head(tsToCm[t][m])
         home == Home(x.a)
         old == offer[m][home]
     IN  /\ entry[x.c] = "Assigned"
         /\ entry' = [entry EXCEPT ![x.c] = "Queued"]
         /\ queue' = [queue EXCEPT ![m] = <<x.c>> \o @]
         /\ Unlist(m, x.a, x.g)
         /\ tombstone' = IF home # m /\ x.g > tombstone[m][x.a] THEN [tombstone EXCEPT ![m][x.a] = x.g] ELSE tombstone
         /\ offer' = IF home # m /\ old.a = x.a /\ old.g <= x.g
                     THEN [offer EXCEPT ![m][home] = [NoOffer EXCEPT !.listener = old.listener]] ELSE offer
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<elsewhere, appToCm, cmToTs, listener, generation, time, cmToCm>>

ReceiveAcceptorRemoved(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorRemoved")
  /\ LET x == Head(tsToCm[t][m]) IN Unlist(m, x.a, x.g)
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<elsewhere, appToCm, cmToTs, entry, listener, generation, time, queue, tombstone, offer, cmToCm>>

-----------------------------------------------------------------------------
(* Offers *)

\* One of the best local acceptors; Nobody when there is none.
SendOffer(m, to, x) ==
  /\ to # m
  /\ LET Worth(t) == IF Scheme = "Shortest" THEN Delay(m, t) ELSE t
     IN  /\ IF Locals(m) = {} THEN x = Nobody
            ELSE x \in Locals(m) /\ Worth(time[x[1]]) = Least({Worth(t) : t \in LocalTimes(m)})
         /\ cmToCm' = [cmToCm EXCEPT ![m][to] =
              Append(@, OfferMessage(x, \E a \in listener : Home(a) = m, IF x = Nobody THEN 0 ELSE Worth(time[x[1]])))]
  /\ UNCHANGED <<endpoints, entry, acceptor, listener, generation, time, queue, tombstone, offer>>

\* An offer that timed out before.
Stale(m, x) == x.g <= tombstone[m][x.a]

\* It replaces the last one, and is admitted if that was.
ReceiveOffer(m, from) ==
  /\ cmToCm[from][m] # <<>>
  /\ LET x == Head(cmToCm[from][m])
         dead == IF x.a = None THEN TRUE ELSE Stale(m, x)
     IN  offer' = [offer EXCEPT ![m][from] =
           IF dead THEN [NoOffer EXCEPT !.listener = x.listener]
           ELSE [a |-> x.a, g |-> x.g, listener |-> x.listener, time |-> x.time, admitted |-> @.admitted]]
  /\ cmToCm' = [cmToCm EXCEPT ![from][m] = Tail(@)]
  /\ UNCHANGED <<endpoints, entry, acceptor, listener, generation, time, queue, tombstone>>

-----------------------------------------------------------------------------

ManagersNext ==
  \/ \E c \in Connections :
       \/ SynQueued(c)
       \/ \E x \in Candidates(ManagerOf(c)) : SynAssigned(c, x)
  \/ \E m \in Managers :
       \/ \E x \in Candidates(m) : AssignWaiting(m, x)
       \/ ResetWaiting(m)
       \/ \E t \in Transports :
            ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t) \/ ReceiveConnectionClosed(m, t)
       \/ \E k \in Managers : ReceiveOffer(m, k) \/ \E x \in Locals(m) \cup {Nobody} : SendOffer(m, k, x)
  \/ \E a \in Applications :
       ReceiveAcceptConnection(a) \/ ManagerReceiveDetach(a) \/ \E t \in Times : Measure(a, t)

Next == (UNCHANGED managers /\ EndpointsNext) \/ ManagersNext
Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* Properties. (Those of the handshake follow from the refinement.) *)

OffersOK ==
  /\ \A m \in Managers, c \in Connections :
       (entry[c] = "Queued" /\ ManagerOf(c) = m) <=> c \in Rng(queue[m])
  /\ \A m, k \in Managers :
       LET x == offer[m][k]
       IN  x.a # None => Home(x.a) = k /\ x.g \in 1 .. generation[x.a] /\ x.g > tombstone[m][x.a]

\* An offer that has timed out is not taken again.
OncePerRegistration ==
  \A m \in Managers, x \in Applications \X (1 .. 9) :
    (x \in Candidates(m) /\ Home(x[1]) # m) => x[2] > tombstone[m][x[1]]

\* A manager without acceptors steals: whoever is offered may get the connection; under Shortest, whoever is not the worst.
Steals ==
  \A m \in Managers :
    LET offered == {<<x.a, x.g>> : x \in Offered(m)}
    IN  Locals(m) = {} /\ Scheme # "Naive" =>
          IF Scheme = "Shortest" THEN Candidates(m) \subseteq offered /\ (offered # {} => Candidates(m) # {})
          ELSE Candidates(m) = offered

\* An offer that is worse than the best local acceptor gets nothing, when filtered. (In a tournament it is never let in:
\* Hysteresis; it may stay in, between the watermarks.)
WorseOffersAreNotDrawn ==
  Scheme = "Filtered" =>
    \A m \in Managers, k \in Managers :
      LET x == offer[m][k]
      IN  (Locals(m) # {} /\ x.a # None /\ <<x.a, x.g>> \in Candidates(m)) =>
            \A t \in LocalTimes(m) : t = 0 \/ x.time = 0 \/ t > Tariff * x.time

\* Nobody gets a connection while somebody here is better, or an offer is by more than the tariff.
NobodyWorse ==
  Scheme = "Shortest" =>
    \A m \in Managers : \A x \in Candidates(m) :
      IF x \in Locals(m)
      THEN /\ \A t \in LocalTimes(m) : Delay(m, time[x[1]]) <= Delay(m, t)
           /\ \A y \in Offered(m) : Delay(m, time[x[1]]) <= Tariff * Delay(m, y.time)
      ELSE \A t \in LocalTimes(m), y \in Offered(m) :
             (y.a = x[1] /\ y.g = x[2]) => Tariff * Delay(m, y.time) < Delay(m, t)

\* Somebody gets it, where anybody is to be had.
SomebodyGets ==
  \A m \in Managers : Candidates(m) = {} <=> Locals(m) = {} /\ (Scheme = "Naive" \/ Offered(m) = {})

\* What is admitted is an offer, of a tournament.
AdmittedOK ==
  \A m, k \in Managers : offer[m][k].admitted => offer[m][k].a # None /\ Scheme = "Tournament"

\* Between the watermarks an offer stays what it is.
Hysteresis ==
  [][\A m, k \in Managers :
       LET x == offer[m][k]
           y == offer'[m][k]
       IN  (x.a # None /\ y.a = x.a /\ x.admitted # y.admitted) =>
             Compare(m, x.time, LAMBDA here, there : IF y.admitted THEN here > High * there ELSE here < Low * there)]_vars

-----------------------------------------------------------------------------
(* What it implements: Handshake with these for its variables, all others being the same. *)

SaysListener(k, m, l) == \E x \in Rng(cmToCm[k][m]) : x.listener = l
HandshakeOpen ==
  (\E m \in Managers : AnyListener(m)) \/ \E m, k \in Managers : SaysListener(k, m, TRUE)
HandshakeReady ==
  {a \in listener : \A m \in Managers \ {Home(a)} : offer[m][Home(a)].listener /\ ~SaysListener(Home(a), m, FALSE)}
=============================================================================

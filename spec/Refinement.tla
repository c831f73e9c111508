----------------------------- MODULE Refinement -----------------------------
(***************************************************************************)
(* What Stack implements: Offers with these for its variables. They are    *)
(* read off Stack's state; nothing is remembered.                          *)
(*                                                                         *)
(* Stack has no service times, so its managers choose as Unfiltered ones   *)
(* do: any acceptor, any offer.                                            *)
(***************************************************************************)
EXTENDS Stack

\* An application is up from its attachment on.
OffersApp ==
  [a \in Applications |->
     LET x == app[a]
     IN  [phase |-> IF x.phase = "Attaching" THEN "Up" ELSE x.phase, g |-> x.g, registered |-> x.registered,
          tokens |-> Rng(x.tokens), claims |-> x.claims, owned |-> x.owned]]

IsOf(z, type, c) == IF z.type = type THEN z.c = c ELSE FALSE
Down(c) == cmToTs[ManagerOf(c)][TransportOf(c)]
Up(c) == tsToCm[TransportOf(c)][ManagerOf(c)]
Creates(z, c) == IsOf(z, "Open", c) \/ (IsOf(z, "Assign", c) /\ z.fresh)

\* A connection lives from its SYN on, not from OPEN or ASSIGN, until it is gone, not until CONNECTION-CLOSED.
Lives(c) == entry[c] # "Free" /\ (conn[c].phase # "Gone" \/ \E z \in Rng(Down(c)) : Creates(z, c))

\* The last ASSIGN on its way is of this life of the connection; an older one will be ignored.
UnderWay(c) ==
  LET down == Down(c)
      k == CHOOSE k \in 1 .. Len(down) : IsOf(down[k], "Assign", c) /\ \A j \in k + 1 .. Len(down) : ~IsOf(down[j], "Assign", c)
  IN  down[k]

OffersConn ==
  [c \in Connections |->
     LET x == conn[c]
         Is(phase, a, g) == [phase |-> phase, a |-> a, g |-> g, n |-> x.n, born |-> x.born]
         returns == {z \in Rng(Up(c)) : IsOf(z, "AcceptorTimedOut", c)}
     IN  IF ~Lives(c) THEN Is("Gone", None, 0)
         ELSE IF entry[c] # "Assigned" THEN Is(entry[c], None, 0)
         ELSE IF x.phase \in {"Announced", "Claimed"} THEN Is(x.phase, x.a, x.g)
         ELSE IF returns # {} THEN LET z == CHOOSE z \in returns : TRUE IN Is("Returned", z.a, z.g)
         ELSE IF x.a # None THEN Is("Assigned", x.a, x.g)
         ELSE Is("Assigned", UnderWay(c).a, UnderWay(c).g)]

OffersNotices ==
  UNION {{<<m, z.a, z.g>> : z \in {y \in Rng(tsToCm[t][m]) : y.type \in {"AcceptorTimedOut", "AcceptorRemoved"}}} :
         m \in Managers, t \in Transports}

OffersBack ==
  [t \in Transports |-> [a \in Applications |-> IF app[a].phase = "Down" THEN 0 ELSE acc[t][a].back]]

OffersAppToTs ==
  [a \in Applications |-> [t \in Transports |-> SelectSeq(appToTs[a][t], LAMBDA z : z.type # "Attach")]]

\* What is on its way to a process that has ended is lost.
OffersTsToApp ==
  [t \in Transports |-> [a \in Applications |->
     IF app[a].phase = "Down" THEN <<>> ELSE SelectSeq(tsToApp[t][a], LAMBDA z : z.type # "Attached")]]

OffersListener == {a \in Applications : listener[a]}

\* A connection that has gone waits for nobody.
OffersQueue == [m \in Managers |-> SelectSeq(queue[m], LAMBDA c : Lives(c))]

OffersOffer ==
  [m \in Managers |-> [k \in Managers |->
     [a |-> offer[m][k].a, g |-> offer[m][k].g, listener |-> offer[m][k].listener, time |-> 0, admitted |-> FALSE]]]

OffersCmToCm ==
  [m \in Managers |-> [k \in Managers |->
     [i \in 1 .. Len(cmToCm[m][k]) |->
        LET x == cmToCm[m][k][i]
        IN  [type |-> "Offer", a |-> x.a, g |-> x.g, listener |-> x.listener, time |-> 0]]]]
=============================================================================

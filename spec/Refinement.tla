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

\* Before it is established a connection waits, or keeps its assignment.
OffersConn ==
  [c \in Connections |->
     LET x == conn[c]
     IN  IF x.phase = "Opening" THEN [x EXCEPT !.phase = IF x.a = None THEN "Waiting" ELSE "Assigned"] ELSE x]

\* Between managers and transports all messages but one are the same.
OffersTsToCm ==
  [t \in Transports |-> [m \in Managers |-> SelectSeq(tsToCm[t][m], LAMBDA z : z.type # "ServiceTime")]]

OffersBack ==
  [t \in Transports |-> [a \in Applications |-> IF app[a].phase = "Down" THEN 0 ELSE acc[t][a].back]]

OffersAppToTs ==
  [a \in Applications |-> [t \in Transports |-> SelectSeq(appToTs[a][t], LAMBDA z : z.type # "Attach")]]

\* What is on its way to a process that has ended is lost.
OffersTsToApp ==
  [t \in Transports |-> [a \in Applications |->
     IF app[a].phase = "Down" THEN <<>> ELSE SelectSeq(tsToApp[t][a], LAMBDA z : z.type # "Attached")]]

OffersListener == {a \in Applications : listener[a]}

OffersOffer ==
  [m \in Managers |-> [k \in Managers |->
     [a |-> offer[m][k].a, g |-> offer[m][k].g, listener |-> offer[m][k].listener, time |-> 0, admitted |-> FALSE]]]

OffersCmToCm ==
  [m \in Managers |-> [k \in Managers |->
     [i \in 1 .. Len(cmToCm[m][k]) |->
        LET x == cmToCm[m][k][i]
        IN  [type |-> "Offer", a |-> x.a, g |-> x.g, listener |-> x.listener, time |-> 0]]]]
=============================================================================

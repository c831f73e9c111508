-------------------------------- MODULE MCBad --------------------------------
(***************************************************************************)
(* Designs known to be bad. Each definition with a capital letter replaces *)
(* one of Stack (Good <- Bad, in model-tests/hazards), and is found out by *)
(* a property. The comments say the naive thought; docs/hazards.md, what   *)
(* comes of it and what the design does instead.                           *)
(***************************************************************************)
EXTENDS MC

\* The definitions as they are, for those that only add to one.
stack == INSTANCE Stack

-----------------------------------------------------------------------------
(* Registration *)

\* 1: who timed out is removed from the list.
RemovesAnyGeneration(a, g) == TRUE
\* 1b: so is who timed out for another manager.
RemovesWhenTold(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorRemoved")
  /\ acceptor' = [acceptor EXCEPT ![Head(tsToCm[t][m]).a] = 0]
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, listener, generation, tombstone, offer, queue, entry, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>
\* 1c: who is told that it timed out registers again.
AnyTimeoutUnregisters(a, g) == TRUE
\* 4: a new process begins with nothing.
ForgetsGeneration(g) ==
  [phase |-> "Down", awaiting |-> {}, g |-> 0, registered |-> FALSE, tokens |-> <<>>, claims |-> {}, owned |-> {}]
\* 4b: it needs not wait for its predecessor's farewell to arrive.
NeverLeaving(a) == FALSE
\* 4c: it needs not wait for the transports to register at its manager.
RegistersEarly(a) ==
  /\ app[a].phase \in {"Attaching", "Up"}
  /\ ~app[a].registered
  /\ app' = [app EXCEPT ![a].g = @ + 1, ![a].registered = TRUE]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, AcceptConnection(a, app[a].g + 1))]
  /\ UNCHANGED <<cms, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>
\* 6: who has closed its listener hears no more of connections.
IgnoresWhenClosed(a, t) ==
  IF app[a].phase = "Closed" /\ Heads(tsToApp[t][a], "Claimed")
  THEN /\ tsToApp' = Consume(tsToApp, t, a)
       /\ UNCHANGED <<apps, cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>
  ELSE stack!ReceiveClaimed(a, t)
\* 6b: a process that ended is missed by nobody but its manager.
DiesUnseen(a) ==
  /\ app[a].phase # "Down"
  /\ app' = [app EXCEPT ![a] = NoProcess(app[a].g)]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ UNCHANGED <<cms, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>
\* A listener that closes is no acceptor any more: that is all its manager has to know.
ForgetsAcceptorOnly(m, a) ==
  /\ Home(a) = m
  /\ Heads(appToCm[a], "Detach")
  /\ acceptor' = [acceptor EXCEPT ![a] = 0]
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<apps, listener, generation, tombstone, offer, queue, entry, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>
\* An attachment needs no acknowledgement.
AttachesSilently(t, a) ==
  /\ Heads(appToTs[a][t], "Attach")
  /\ ~acc[t][a].alive
  /\ acc' = [acc EXCEPT ![t][a] = [DeadAcceptor EXCEPT !.alive = TRUE]]
  /\ appToTs' = Consume(appToTs, a, t)
  /\ UNCHANGED <<apps, cms, conn, appToCm, tsToApp, tsToCm, cmToTs, cmToCm>>

-----------------------------------------------------------------------------
(* Announcement and claim *)

\* 2: a claim names its connection, and that is enough.
AnswersAnyAnnouncement(x, a, n) == x.phase = "Announced" /\ x.a = a
\* 2b: to hear of a connection twice is to know it.
MergesAnnouncements(a, t) ==
  IF Heads(tsToApp[t][a], "ConnectionAvailable") /\ \E y \in Rng(app[a].tokens) : y[1] = Head(tsToApp[t][a]).c
  THEN /\ app[a].phase # "Down"
       /\ tsToApp' = Consume(tsToApp, t, a)
       /\ UNCHANGED <<apps, cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>
  ELSE stack!ReceiveAvailable(a, t)
\* 3: each connection counts its announcements from 1.
CountsFromOne(n) == [phase |-> "Gone", a |-> None, g |-> 0, n |-> 0, born |-> 0]
\* 5: who claims what is gone will notice.
SilentOfTheGone(x) == x.phase # "Gone"
\* 7: the connection is as good as claimed.
UsesAtClaim(x) == {<<x[1], x[2]>>}
\* The timer has been set, and will fire.
TimerRunsOn(t, c) ==
  /\ TransportOf(c) = t
  /\ conn[c].phase \in {"Announced", "Claimed"}
  /\ GiveBack(t, c, conn[c], "Waiting", conn[c].a, conn[c].g)
  /\ UNCHANGED <<apps, cms, acc, appToCm, appToTs, cmToTs, cmToCm>>
\* An announcement that lapsed is out no longer.
LapsedIsBack(t, c) ==
  /\ TransportOf(c) = t
  /\ conn[c].phase = "Announced"
  /\ GiveBack(t, c, conn[c], "Waiting", conn[c].a, conn[c].g)
  /\ acc' = [acc EXCEPT ![t][conn[c].a].outstanding = @ - 1]
  /\ UNCHANGED <<apps, cms, appToCm, appToTs, cmToTs, cmToCm>>
\* The ring is large enough.
NeverFull(t, a) == IF acc[t][a].alive THEN "Announced" ELSE "GivenBack"
\* 16: what was given back for lack of room is nobody's business but the manager's. In either answer.
ClaimedAlone(c, n, g, back) == [type |-> "Claimed", c |-> c, n |-> n, g |-> g, back |-> 0]
TimedOutAlone(c, n, g, back) == [type |-> "TimedOut", c |-> c, n |-> n, g |-> g, back |-> 0]

\* A connection that ends takes the announcements with it that are not claimed: Which(a, n), at one blow (a courtesy that
\* no network does it).
withdrawing(t, c, Which(_, _)) ==
  LET told(a) == tsToApp[t][a]
      ToldOut(a, z) == IF z.type = "ConnectionAvailable" THEN z.c = c /\ Which(a, z.n) ELSE FALSE
      TokenOut(a, y) == y[1] = c /\ Which(a, y[2])
      Out(a) == LET IsTold(z) == ToldOut(a, z)
                    IsHeld(y) == TokenOut(a, y)
                IN  Count(told(a), IsTold) + Count(app[a].tokens, IsHeld)
  IN  /\ TransportOf(c) = t
      /\ conn[c].phase # "Gone"
      /\ Vanish(t, c)
      /\ tsToApp' = [tsToApp EXCEPT ![t] = [a \in Applications |-> SelectSeq(@[a], LAMBDA z : ~ToldOut(a, z))]]
      /\ app' = [a \in Applications |-> [app[a] EXCEPT !.tokens = SelectSeq(@, LAMBDA y : ~TokenOut(a, y))]]
      /\ acc' = [acc EXCEPT ![t] = [a \in Applications |-> [@[a] EXCEPT !.outstanding = @ - Out(a)]]]
      /\ LET reported == IF conn[c].phase = "Claimed"
                         THEN Send(tsToCm, t, Home(conn[c].a), ServiceTime(conn[c].a))
                         ELSE tsToCm
         IN  tsToCm' = Send(reported, t, ManagerOf(c), ConnectionClosed(c))
      /\ UNCHANGED <<cms, appToCm, appToTs, cmToTs, cmToCm>>
\* 5b: all of them.
WithdrawsAll(t, c) == LET Any(a, n) == TRUE IN withdrawing(t, c, Any)
\* … which does no harm where the announcement's timer still runs.
WithdrawsArmed(t, c) ==
  LET Armed(a, n) == conn[c].phase = "Announced" /\ conn[c].a = a /\ conn[c].n = n IN withdrawing(t, c, Armed)

-----------------------------------------------------------------------------
(* Connection Managers *)

\* 8: a SYN is a new connection.
NeverKnown(c) == FALSE
\* … or it may be one that another manager knows.
TakesAnothers(m, c, a, o) ==
  LET x == Handle(m, a)
  IN  IF ManagerOf(c) # m /\ entry[c] # "Free"
      THEN /\ o = "Assigned"
           /\ x \in Candidates(m)
           /\ cmToTs' = Send(cmToTs, m, TransportOf(c), Assign(c, x[1], x[2], TRUE))
           /\ Spend("syns")
           /\ UNCHANGED <<apps, cms, tss, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>
      ELSE o = SynOutcome(m, c) /\ Syn(m, c, x) /\ Spend("syns")
\* 9: what waits, waits for an acceptor of one's own.
GivesToLocals(m, x) == x \in Locals(m) /\ stack!AssignWaiting(m, x)
\* 10: who assigned is who has to know of the time-out.
TellsAssignerOnly(t, c, a, g) == Send(tsToCm, t, ManagerOf(c), AcceptorTimedOut(c, a, g))
\* 11: an offer that comes is a new one.
NeverStale(m, x) == FALSE
\* 12: an assignment creates the connection that its transport does not know.
CreatesAlways == TRUE
\* 13: the backlog holds for a connection that comes back too.
DropsReturned(m) == Len(queue[m]) < Backlog
\* 14: what waits will be served by the next listener.
KeepsWaiting(m) == FALSE
\* Who asked for a reset need not be told that it was done.
ResetsSilently(t, m) ==
  /\ Heads(cmToTs[m][t], "ResetConnection")
  /\ LET c == Head(cmToTs[m][t]).c
     IN  IF ResetOutcome(c) = "Done" THEN Vanish(t, c) ELSE conn' = conn
  /\ cmToTs' = Consume(cmToTs, m, t)
  /\ UNCHANGED <<apps, cms, acc, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>
\* 15: who assigned is who measures.
ReportsToAssigner(t, c) ==
  /\ TransportOf(c) = t
  /\ conn[c].phase # "Gone"
  /\ Vanish(t, c)
  /\ LET reported == IF conn[c].phase = "Claimed"
                     THEN Send(tsToCm, t, ManagerOf(c), ServiceTime(conn[c].a))
                     ELSE tsToCm
     IN  tsToCm' = Send(reported, t, ManagerOf(c), ConnectionClosed(c))
  /\ UNCHANGED <<apps, cms, acc, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>
\* An offer goes with any time-out of its acceptor: harmless, since its manager says it again when it is news.
DropsAnyOffer(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorTimedOut")
  /\ LET x == Head(tsToCm[t][m])
         home == Home(x.a)
     IN  /\ entry[x.c] = "Assigned"
         /\ entry' = [entry EXCEPT ![x.c] = "Queued"]
         /\ queue' = [queue EXCEPT ![m] = <<x.c>> \o @]
         /\ acceptor' = IF home = m /\ Removes(x.a, x.g) THEN [acceptor EXCEPT ![x.a] = 0] ELSE acceptor
         /\ tombstone' = IF home # m /\ x.g > tombstone[m][x.a] THEN [tombstone EXCEPT ![m][x.a] = x.g] ELSE tombstone
         /\ offer' = IF home # m /\ offer[m][home].a = x.a
                     THEN [offer EXCEPT ![m][home] = [NoOffer EXCEPT !.listener = offer[m][home].listener]]
                     ELSE offer
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, listener, generation, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

-----------------------------------------------------------------------------
(* Late binding *)

\* 24: a connection that is gone needs no acceptor.
DropsUnused(t, a, g) == tsToCm
\* 25: the newest offer is the one that holds.
HoldsNewest(m, from, x) ==
  IF ComesHome(m, x)
  THEN stack!ReceiveToken(m, from, x)
  ELSE /\ acceptor' = acceptor
       /\ offer' = [offer EXCEPT ![m][from] = IF Dead(m, x) THEN [@ EXCEPT !.listener = x.listener] ELSE OfferOf(x)]
       /\ cmToCm' = Consume(cmToCm, from, m)
\* 26: who is offered to another manager is an acceptor still.
ListsStill(m, x) == UNCHANGED <<acceptor, offer>>
\* 27: what comes home is listed again.
RelistsAny(a, g) == [acceptor EXCEPT ![a] = g]
==============================================================================

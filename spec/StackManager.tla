---------------------------- MODULE StackManager ----------------------------
(***************************************************************************)
(* A Connection Manager: who is registered, which connection of its queue  *)
(* goes to whom (§3.2), and what the managers offer each other (§3.3).     *)
(***************************************************************************)
EXTENDS StackState

-----------------------------------------------------------------------------
(* Rules that known-bad models replace one at a time (protocol hazards) *)

\* Which registration a removal removes.
Removes(a, g) == acceptor[a] = g
\* A SYN of a flow that the manager has an entry for.
KnownFlow(c) == entry[c] # "Free"
\* An offer that timed out before.
Stale(m, x) == x.g <= tombstone[m][x.a]
\* A connection that comes back when the queue is full.
KeepsReturned(m) == TRUE

-----------------------------------------------------------------------------
(* What a manager has *)

Locals(m) == {<<a, acceptor[a]>> : a \in {b \in Applications : acceptor[b] # 0 /\ Home(b) = m}}
Offered(m) == {<<offer[m][k].a, offer[m][k].g>> : k \in {j \in Managers : offer[m][j].a # None}}
\* Whom the scheme may choose: a local acceptor always, an offered one unless it is naive.
Candidates(m) == Locals(m) \cup (IF Naive THEN {} ELSE Offered(m))
LocalListener(m) == \E a \in Applications : listener[a] /\ Home(a) = m
AnyListener(m) == LocalListener(m) \/ \E k \in Managers : offer[m][k].listener
\* An offer of nobody, or of who timed out.
Dead(m, x) == IF x.a = None THEN TRUE ELSE Stale(m, x)
\* An offer that says only whether somebody listens; what another one says.
Only(l) == [NoOffer EXCEPT !.listener = l]
OfferOf(x) == [a |-> x.a, g |-> x.g, listener |-> x.listener]

-----------------------------------------------------------------------------
(* Late: a listed acceptor is a token, in one place at a time. Whoever uses it, or sends it on, has it no more. *)

Take(m, x) ==
  IF Home(x[1]) = m
  THEN acceptor' = [acceptor EXCEPT ![x[1]] = 0] /\ offer' = offer
  ELSE offer' = [offer EXCEPT ![m][Home(x[1])] = Only(@.listener)] /\ acceptor' = acceptor

\* It came home unused. That of a listener that has gone, or of an older registration, is worth nothing.
Relisted(a, g) == IF listener[a] /\ g = generation[a] THEN [acceptor EXCEPT ![a] = g] ELSE acceptor

ComesHome(m, x) == IF x.a = None THEN FALSE ELSE Home(x.a) = m
\* Of each manager one is held: what x replaces goes back at once.
GivesBack(m, held, x) == held.a # None /\ ~ComesHome(m, x) /\ ~Dead(m, x)

\* x comes by an offer: home, or to be held.
ReceiveToken(m, from, x) ==
  LET held == offer[m][from]
      rest == Consume(cmToCm, from, m)
  IN  IF ComesHome(m, x)
      THEN /\ acceptor' = Relisted(x.a, x.g)
           /\ offer' = [offer EXCEPT ![m][from].listener = x.listener]
           /\ cmToCm' = rest
      ELSE /\ acceptor' = acceptor
           /\ offer' = [offer EXCEPT ![m][from] = IF Dead(m, x) THEN [@ EXCEPT !.listener = x.listener] ELSE OfferOf(x)]
           /\ cmToCm' = IF GivesBack(m, held, x) THEN Send(rest, m, from, Offer(<<held.a, held.g>>, LocalListener(m))) ELSE rest

-----------------------------------------------------------------------------
(* Steps *)

SynOutcome(m, c) ==
  IF KnownFlow(c) THEN "Known"
  ELSE IF ~AnyListener(m) THEN "Refused"
  ELSE IF ~Late /\ queue[m] = <<>> /\ Candidates(m) # {} THEN "Assigned"
  ELSE IF Len(queue[m]) >= Backlog THEN "Dropped"
  ELSE "Queued"

\* x: the acceptor chosen; Nobody when the SYN is not assigned.
Syn(m, c, x) ==
  /\ ManagerOf(c) = m
  /\ CASE SynOutcome(m, c) = "Assigned" ->
            /\ x \in Candidates(m)
            /\ cmToTs' = Send(cmToTs, m, TransportOf(c), Assign(c, x[1], x[2], TRUE))
            /\ entry' = [entry EXCEPT ![c] = "Assigned"]
            /\ queue' = queue
       [] SynOutcome(m, c) = "Queued" ->
            /\ x = Nobody
            /\ cmToTs' = Send(cmToTs, m, TransportOf(c), Open(c))
            \* Late: it waits from its establishment on.
            /\ entry' = [entry EXCEPT ![c] = IF Late THEN "Opening" ELSE "Queued"]
            /\ queue' = IF Late THEN queue ELSE [queue EXCEPT ![m] = Append(@, c)]
       [] OTHER ->
            /\ x = Nobody
            /\ UNCHANGED <<cmToTs, entry, queue>>
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>

AssignWaiting(m, x) ==
  /\ queue[m] # <<>>
  /\ x \in Candidates(m)
  /\ LET c == Head(queue[m])
     IN  /\ cmToTs' = Send(cmToTs, m, TransportOf(c), Assign(c, x[1], x[2], FALSE))
         /\ entry' = [entry EXCEPT ![c] = "Assigned"]
  /\ queue' = [queue EXCEPT ![m] = Tail(@)]
  /\ IF Late THEN Take(m, x) ELSE UNCHANGED <<acceptor, offer>>
  /\ UNCHANGED <<apps, listener, generation, tombstone, tss, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>

ResetWaiting(m) ==
  /\ queue[m] # <<>>
  /\ ~AnyListener(m)
  /\ LET c == Head(queue[m])
     IN  /\ cmToTs' = Send(cmToTs, m, TransportOf(c), ResetConnection(c))
         /\ entry' = [entry EXCEPT ![c] = "Resetting"]
  /\ queue' = [queue EXCEPT ![m] = Tail(@)]
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, tsToCm, cmToCm>>

\* x: some local acceptor; Nobody when there is none. Late: there is one, and it goes with the offer.
SendOffer(m, to, x) ==
  /\ to # m
  /\ IF Locals(m) = {} THEN x = Nobody /\ ~Late ELSE x \in Locals(m)
  /\ cmToCm' = Send(cmToCm, m, to, Offer(x, LocalListener(m)))
  /\ IF Late THEN Take(m, x) ELSE UNCHANGED <<acceptor, offer>>
  /\ UNCHANGED <<apps, listener, generation, tombstone, queue, entry, tss, appToCm, appToTs, tsToApp, tsToCm, cmToTs>>

ReceiveOffer(m, from) ==
  /\ Heads(cmToCm[from][m], "Offer")
  /\ LET x == Head(cmToCm[from][m])
     IN  IF Late
         THEN ReceiveToken(m, from, x)
         ELSE /\ offer' = [offer EXCEPT ![m][from] = IF Dead(m, x) THEN Only(x.listener) ELSE OfferOf(x)]
              /\ cmToCm' = Consume(cmToCm, from, m)
              /\ acceptor' = acceptor
  /\ UNCHANGED <<apps, listener, generation, tombstone, queue, entry, tss, appToCm, appToTs, tsToApp, tsToCm, cmToTs>>

ReceiveAcceptConnection(m, a) ==
  /\ Home(a) = m
  /\ Heads(appToCm[a], "AcceptConnection")
  /\ LET g == Head(appToCm[a]).g
     IN  /\ g > generation[a]
         /\ acceptor' = [acceptor EXCEPT ![a] = g]
         /\ generation' = [generation EXCEPT ![a] = g]
  /\ listener' = [listener EXCEPT ![a] = TRUE]
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<apps, tombstone, offer, queue, entry, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

ManagerReceiveDetach(m, a) ==
  /\ Home(a) = m
  /\ Heads(appToCm[a], "Detach")
  /\ acceptor' = [acceptor EXCEPT ![a] = 0]
  /\ listener' = [listener EXCEPT ![a] = FALSE]
  /\ appToCm' = [appToCm EXCEPT ![a] = Tail(@)]
  /\ UNCHANGED <<apps, generation, tombstone, offer, queue, entry, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveAcceptorTimedOut(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorTimedOut")
  /\ LET x == Head(tsToCm[t][m])
         home == Home(x.a)
     IN  /\ entry[x.c] = "Assigned"
         /\ entry' = [entry EXCEPT ![x.c] = IF KeepsReturned(m) THEN "Queued" ELSE "Free"]
         \* First in line, above the backlog too: it was admitted once.
         /\ queue' = IF KeepsReturned(m) THEN [queue EXCEPT ![m] = <<x.c>> \o @] ELSE queue
         /\ acceptor' = IF home = m /\ Removes(x.a, x.g) THEN [acceptor EXCEPT ![x.a] = 0] ELSE acceptor
         /\ tombstone' = IF home # m /\ x.g > tombstone[m][x.a] THEN [tombstone EXCEPT ![m][x.a] = x.g] ELSE tombstone
         /\ offer' = IF home # m /\ offer[m][home].a = x.a /\ offer[m][home].g <= x.g
                     THEN [offer EXCEPT ![m][home] = Only(@.listener)]
                     ELSE offer
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, listener, generation, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveAcceptorRemoved(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorRemoved")
  /\ LET x == Head(tsToCm[t][m])
     IN  acceptor' = IF Removes(x.a, x.g) THEN [acceptor EXCEPT ![x.a] = 0] ELSE acceptor
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, listener, generation, tombstone, offer, queue, entry, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveConnectionClosed(m, t) ==
  /\ Heads(tsToCm[t][m], "ConnectionClosed")
  /\ LET c == Head(tsToCm[t][m]).c
     IN  /\ entry[c] # "Free"
         /\ queue' = IF entry[c] = "Queued" THEN [queue EXCEPT ![m] = SelectSeq(@, LAMBDA k : k # c)] ELSE queue
         /\ entry' = [entry EXCEPT ![c] = "Free"]
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveServiceTime(m, t) ==
  /\ Heads(tsToCm[t][m], "ServiceTime")
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, cms, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>
=============================================================================

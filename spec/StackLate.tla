----------------------------- MODULE StackLate ------------------------------
(***************************************************************************)
(* Late binding: what a manager does besides (StackManager) when nobody is *)
(* chosen at the SYN. A connection waits from its establishment on, a      *)
(* registration is good for one connection, and the two meet at the        *)
(* manager where both are. So an acceptor is a token: listed at home,      *)
(* granted to a manager where somebody waits (SendOffer), back from one    *)
(* where nobody does (ReturnOffer), or used (AssignWaiting).               *)
(***************************************************************************)
EXTENDS StackManager

\* How many wait here, and whether somebody listens. (The number is a weight, as service times are.)
Ask(m, to) ==
  /\ Late
  /\ to # m
  /\ cmToCm' = Send(cmToCm, m, to, Offer(Nobody, LocalListener(m)))
  /\ UNCHANGED <<apps, cms, tss, appToCm, appToTs, tsToApp, tsToCm, cmToTs>>

ReturnOffer(m, to) ==
  /\ Late
  /\ queue[m] = <<>>
  /\ offer[m][to].a # None
  /\ LET x == <<offer[m][to].a, offer[m][to].g>>
     IN  cmToCm' = Send(cmToCm, m, to, Offer(x, LocalListener(m)))
  /\ offer' = [offer EXCEPT ![m][to] = Only(@.listener)]
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, queue, entry, tss,
                 appToCm, appToTs, tsToApp, tsToCm, cmToTs>>

\* Above the backlog too: it was admitted at its SYN.
ReceiveConnectionEstablished(m, t) ==
  /\ Heads(tsToCm[t][m], "ConnectionEstablished")
  /\ LET c == Head(tsToCm[t][m]).c
     IN  /\ entry[c] = "Opening"
         /\ entry' = [entry EXCEPT ![c] = "Queued"]
         /\ queue' = [queue EXCEPT ![m] = Append(@, c)]
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, acceptor, listener, generation, tombstone, offer, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>

ReceiveAcceptorUnused(m, t) ==
  /\ Heads(tsToCm[t][m], "AcceptorUnused")
  /\ LET x == Head(tsToCm[t][m])
     IN  acceptor' = Relisted(x.a, x.g)
  /\ tsToCm' = Consume(tsToCm, t, m)
  /\ UNCHANGED <<apps, listener, generation, tombstone, offer, queue, entry, tss, appToCm, appToTs, tsToApp, cmToTs, cmToCm>>
=============================================================================

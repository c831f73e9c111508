-------------------------- MODULE StackApplication --------------------------
(***************************************************************************)
(* An application process: it attaches to the transports, registers at its *)
(* home manager, claims what it is told of, and may close or die.          *)
(***************************************************************************)
EXTENDS StackState

-----------------------------------------------------------------------------
(* Rules that known-bad models replace one at a time (protocol hazards) *)

\* A predecessor's farewell is still on its way: its successor must wait.
Leaving(a) ==
  \/ InChannel(appToCm[a], Detach(a))
  \/ \E t \in Transports : InChannel(appToTs[a][t], Detach(a))
\* What an application may use while its claim is unanswered.
UsedAtClaim(x) == {}
\* Which generation gets a new token's time-out to register again.
Unregisters(a, g) == app[a].g = g
\* Late: a registration is good for one connection, and this is the one.
UsesUp(a, g) == Late /\ app[a].g = g

-----------------------------------------------------------------------------
(* Steps *)

Attach(a, g) ==
  /\ app[a].phase = "Down"
  \* A slot's generations go on from one process to the next.
  /\ g >= app[a].g
  /\ ~Leaving(a)
  /\ app' = [app EXCEPT ![a] = [NoProcess(g) EXCEPT !.phase = "Attaching", !.awaiting = Transports]]
  /\ appToTs' = [appToTs EXCEPT ![a] = [t \in Transports |-> Append(@[t], AttachMessage(a))]]
  /\ UNCHANGED <<cms, tss, appToCm, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveAttached(a, t) ==
  /\ app[a].phase = "Attaching"
  /\ t \in app[a].awaiting
  /\ Heads(tsToApp[t][a], "Attached")
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ LET rest == app[a].awaiting \ {t}
     IN  app' = [app EXCEPT ![a].awaiting = rest, ![a].phase = IF rest = {} THEN "Up" ELSE "Attaching"]
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

Register(a) ==
  /\ app[a].phase = "Up"
  /\ ~app[a].registered
  /\ LET g == app[a].g + 1
     IN  /\ app' = [app EXCEPT ![a].g = g, ![a].registered = TRUE]
         /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, AcceptConnection(a, g))]
  /\ UNCHANGED <<cms, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveAvailable(a, t) ==
  /\ app[a].phase # "Down"
  /\ Heads(tsToApp[t][a], "ConnectionAvailable")
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ LET x == Head(tsToApp[t][a])
     IN  app' = IF app[a].phase = "Closed" THEN app
                ELSE [app EXCEPT ![a].tokens = Append(@, <<x.c, x.n, x.g>>),
                                  ![a].registered = @ /\ ~UsesUp(a, x.g)]
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

Claim(a) ==
  /\ app[a].phase = "Up"
  /\ app[a].tokens # <<>>
  /\ LET x == Head(app[a].tokens)
     IN  /\ app' = [app EXCEPT ![a].tokens = Tail(@), ![a].claims = @ \cup {x}, ![a].owned = @ \cup UsedAtClaim(x)]
         /\ appToTs' = Send(appToTs, a, TransportOf(x[1]), ClaimConnection(a, x[1], x[2], x[3]))
  /\ UNCHANGED <<cms, tss, appToCm, tsToApp, tsToCm, cmToTs, cmToCm>>

ReceiveClaimed(a, t) ==
  /\ app[a].phase # "Down"
  /\ Heads(tsToApp[t][a], "Claimed")
  /\ LET x == Head(tsToApp[t][a])
         claim == <<x.c, x.n, x.g>>
     IN  /\ claim \in app[a].claims
         /\ app' = [app EXCEPT ![a].claims = @ \ {claim},
                               ![a].owned = @ \cup {<<x.c, x.n>>},
                               ![a].registered = @ /\ x.back # app[a].g]
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

ReceiveTimedOut(a, t) ==
  /\ app[a].phase # "Down"
  /\ Heads(tsToApp[t][a], "TimedOut")
  /\ LET x == Head(tsToApp[t][a])
         claim == <<x.c, x.n, x.g>>
     IN  /\ claim \in app[a].claims
         /\ app' = [app EXCEPT ![a].claims = @ \ {claim},
                               ![a].registered = @ /\ ~Unregisters(a, x.g) /\ x.back # app[a].g]
  /\ tsToApp' = Consume(tsToApp, t, a)
  /\ UNCHANGED <<cms, tss, appToCm, appToTs, tsToCm, cmToTs, cmToCm>>

Release(a, c, n) ==
  /\ <<c, n>> \in app[a].owned
  /\ app' = [app EXCEPT ![a].owned = @ \ {<<c, n>>}]
  /\ UNCHANGED <<cms, tss, channels>>

CloseListener(a) ==
  /\ app[a].phase = "Up"
  /\ app' = [app EXCEPT ![a].phase = "Closed", ![a].registered = FALSE, ![a].tokens = <<>>]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ UNCHANGED <<cms, tss, appToTs, tsToApp, tsToCm, cmToTs, cmToCm>>

Die(a) ==
  /\ app[a].phase # "Down"
  /\ app' = [app EXCEPT ![a] = NoProcess(app[a].g)]
  /\ appToCm' = [appToCm EXCEPT ![a] = Append(@, Detach(a))]
  /\ appToTs' = [appToTs EXCEPT ![a] = [t \in Transports |-> Append(@[t], Detach(a))]]
  /\ UNCHANGED <<cms, tss, tsToApp, tsToCm, cmToTs, cmToCm>>
=============================================================================

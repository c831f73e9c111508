-------------------------------- MODULE Trace --------------------------------
(***************************************************************************)
(* Is a recording a behaviour of Stack? Every record is one step, so the   *)
(* states explored are a single chain, and the position alone tells them   *)
(* apart (VIEW). A recording is accepted only when its physically last     *)
(* record, which counts the events, has been consumed: then, and only      *)
(* then, ACCEPTED is printed.                                              *)
(*                                                                         *)
(* Every received message is compared with the head of its channel; what   *)
(* a step decided, and for whom, is compared too. Times, draws and hashes  *)
(* of outputs are not: replaying the core checks those. Now and then comes *)
(* a state that the core had at that point: all variables are compared.    *)
(*                                                                         *)
(* A long recording is checked in parts side by side. A part starts from   *)
(* the core's state at its beginning, and the part before it ends by       *)
(* comparing all variables with that same state: JOINED. So the chain      *)
(* holds by induction, whoever made the states.                            *)
(***************************************************************************)
EXTENDS StackProperties, TLC

VARIABLES
  i,       \* number of the next record
  touched  \* what the last step was about

\* Read from the recording by Java (tlc2.overrides.TraceReader).
TraceFirst(x) == CHOOSE n \in Nat : FALSE
TraceLast(x) == CHOOSE n \in Nat : FALSE
TraceStart(x) == CHOOSE n \in Nat : FALSE
TraceEvent(k) == CHOOSE e \in {} : FALSE
TraceSnapshot(k) == CHOOSE e \in {} : FALSE
TraceConnections(x) == CHOOSE e \in {} : FALSE
TraceApplications(x) == CHOOSE e \in {} : FALSE

Last == TraceLast(0)
\* Of many ids a recording uses few: the others stay as Init has them, and are left out.
UsedConnections == TraceConnections(0)
UsedApplications == TraceApplications(0)
NoField == -2
NoStart == -1

\* What became of the step: outcome, acceptor concerned, its generation.
Is(ev, o, a, g) == ev.o = o /\ ev.ca = a /\ ev.cg = g
IsDone(ev) == Is(ev, "Done", None, 0)
Handle(ev) == <<ev.ca, ev.cg>>

IsApp(ev) == ev.role = "app" /\ ev.p \in Applications
IsCm(ev) == ev.role = "cm" /\ ev.p \in Managers
IsTs(ev) == ev.role = "ts" /\ ev.p \in Transports

\* The head of the channel is exactly this message.
Arrives(channel, message) == IF channel = <<>> THEN FALSE ELSE Head(channel) = message

\* An announcement, or giving back, as the transport decides it for a under g.
Announcement(ev, t, a, g) == Is(ev, AnnounceOutcome(t, a), a, g)

\* What became of a step of those that do not only go one way.
ReceiveAssignBecomes(ev) ==
  LET o == AssignOutcome(ev.p, Assign(ev.c, ev.a, ev.g, ev.fresh))
  IN  IF o \in {"Done", "Ignored"} THEN Is(ev, o, None, 0) ELSE Is(ev, o, ev.a, ev.g)
SynBecomes(ev) == ev.o = SynOutcome(ev.p, ev.c)
EstablishedBecomes(ev) ==
  IF conn[ev.c].a = None THEN IsDone(ev) ELSE Announcement(ev, ev.p, conn[ev.c].a, conn[ev.c].g)
ReceiveClaimBecomes(ev) ==
  LET y == ClaimConnection(ev.a, ev.c, ev.n, ev.g)
  IN  Is(ev, ClaimOutcome(y), ev.a, IF ClaimOutcome(y) = "Claimed" THEN conn[ev.c].g ELSE ev.g)
GoneBecomes(ev) ==
  IF conn[ev.c].phase = "Claimed" THEN Is(ev, "Served", conn[ev.c].a, conn[ev.c].g) ELSE IsDone(ev)
SendOfferBecomes(ev) == ev.o = "Done"
ReturnOfferBecomes(ev) == Is(ev, "Done", offer[ev.p][ev.to].a, offer[ev.p][ev.to].g)
\* Late: with whom the one comes that goes back.
ReceiveOfferBecomes(ev) ==
  LET held == offer[ev.p][ev.from]
      x == [a |-> ev.a, g |-> ev.g]
  IN  IF Late /\ GivesBack(ev.p, held, x) THEN Is(ev, "Done", held.a, held.g) ELSE IsDone(ev)
AssignWaitingBecomes(ev) == ev.o = "Assigned"
ClaimTimeoutBecomes(ev) == Is(ev, "GivenBack", conn[ev.c].a, conn[ev.c].g)
ReceiveAcceptConnectionBecomes(ev) == Is(ev, "Done", ev.a, ev.g)
ReceiveResetBecomes(ev) == Is(ev, ResetOutcome(ev.c), None, 0)

\* Made from src/core/schema.ts by src/model/stack/trace-events.ts: change those.
Step(ev) ==
  CASE ev.e = "ReceiveAssign" ->
         /\ IsTs(ev) /\ ev.c \in Connections /\ ev.a \in Applications
         /\ Arrives(cmToTs[ManagerOf(ev.c)][ev.p], [type |-> "Assign", c |-> ev.c, a |-> ev.a, g |-> ev.g, fresh |-> ev.fresh])
         /\ ReceiveAssignBecomes(ev)
         /\ ReceiveAssign(ev.p, ManagerOf(ev.c))
    [] ev.e = "Syn" ->
         /\ IsCm(ev) /\ ev.c \in Connections
         /\ SynBecomes(ev)
         /\ Syn(ev.p, ev.c, Handle(ev))
    [] ev.e = "Established" ->
         /\ IsTs(ev) /\ ev.c \in Connections
         /\ EstablishedBecomes(ev)
         /\ Established(ev.p, ev.c)
    [] ev.e = "ReceiveAvailable" ->
         /\ IsApp(ev) /\ ev.t \in Transports /\ ev.c \in Connections
         /\ Arrives(tsToApp[ev.t][ev.p], [type |-> "ConnectionAvailable", c |-> ev.c, n |-> ev.n, g |-> ev.g])
         /\ IsDone(ev)
         /\ ReceiveAvailable(ev.p, ev.t)
    [] ev.e = "Claim" -> IsApp(ev) /\ IsDone(ev) /\ Claim(ev.p)
    [] ev.e = "ReceiveClaim" ->
         /\ IsTs(ev) /\ ev.a \in Applications /\ ev.c \in Connections
         /\ Arrives(appToTs[ev.a][ev.p], [type |-> "ClaimConnection", a |-> ev.a, c |-> ev.c, n |-> ev.n, g |-> ev.g])
         /\ ReceiveClaimBecomes(ev)
         /\ ReceiveClaim(ev.p, ev.a)
    [] ev.e = "ReceiveClaimed" ->
         /\ IsApp(ev) /\ ev.t \in Transports /\ ev.c \in Connections
         /\ Arrives(tsToApp[ev.t][ev.p], [type |-> "Claimed", c |-> ev.c, n |-> ev.n, g |-> ev.g, back |-> ev.back])
         /\ IsDone(ev)
         /\ ReceiveClaimed(ev.p, ev.t)
    [] ev.e = "Gone" ->
         /\ IsTs(ev) /\ ev.c \in Connections
         /\ GoneBecomes(ev)
         /\ Gone(ev.p, ev.c)
    [] ev.e = "Release" ->
         /\ IsApp(ev) /\ ev.c \in Connections
         /\ IsDone(ev)
         /\ Release(ev.p, ev.c, ev.n)
    [] ev.e = "ReceiveServiceTime" ->
         /\ IsCm(ev) /\ ev.t \in Transports /\ ev.a \in Applications
         /\ Arrives(tsToCm[ev.t][ev.p], [type |-> "ServiceTime", a |-> ev.a])
         /\ IsDone(ev)
         /\ ReceiveServiceTime(ev.p, ev.t)
    [] ev.e = "ReceiveConnectionClosed" ->
         /\ IsCm(ev) /\ ev.t \in Transports /\ ev.c \in Connections
         /\ Arrives(tsToCm[ev.t][ev.p], [type |-> "ConnectionClosed", c |-> ev.c])
         /\ IsDone(ev)
         /\ ReceiveConnectionClosed(ev.p, ev.t)
    [] ev.e = "SendOffer" ->
         /\ IsCm(ev) /\ ev.to \in Managers
         /\ SendOfferBecomes(ev)
         /\ SendOffer(ev.p, ev.to, Handle(ev))
    [] ev.e = "ReceiveOffer" ->
         /\ IsCm(ev) /\ ev.from \in Managers
         /\ Arrives(cmToCm[ev.from][ev.p], [type |-> "Offer", a |-> ev.a, g |-> ev.g, listener |-> ev.listener])
         /\ ReceiveOfferBecomes(ev)
         /\ ReceiveOffer(ev.p, ev.from)
    [] ev.e = "Attach" -> IsApp(ev) /\ IsDone(ev) /\ Attach(ev.p, ev.g)
    [] ev.e = "ReceiveAttached" ->
         /\ IsApp(ev) /\ ev.t \in Transports
         /\ IsDone(ev)
         /\ ReceiveAttached(ev.p, ev.t)
    [] ev.e = "Register" -> IsApp(ev) /\ IsDone(ev) /\ Register(ev.p)
    [] ev.e = "ReceiveTimedOut" ->
         /\ IsApp(ev) /\ ev.t \in Transports /\ ev.c \in Connections
         /\ Arrives(tsToApp[ev.t][ev.p], [type |-> "TimedOut", c |-> ev.c, n |-> ev.n, g |-> ev.g, back |-> ev.back])
         /\ IsDone(ev)
         /\ ReceiveTimedOut(ev.p, ev.t)
    [] ev.e = "CloseListener" -> IsApp(ev) /\ IsDone(ev) /\ CloseListener(ev.p)
    [] ev.e = "Die" -> IsApp(ev) /\ IsDone(ev) /\ Die(ev.p)
    [] ev.e = "AssignWaiting" ->
         /\ IsCm(ev)
         /\ AssignWaitingBecomes(ev)
         /\ AssignWaiting(ev.p, Handle(ev))
    [] ev.e = "ResetWaiting" -> IsCm(ev) /\ IsDone(ev) /\ ResetWaiting(ev.p)
    [] ev.e = "ReceiveAcceptConnection" ->
         /\ IsCm(ev) /\ ev.a \in Applications
         /\ Arrives(appToCm[ev.a], [type |-> "AcceptConnection", a |-> ev.a, g |-> ev.g])
         /\ ReceiveAcceptConnectionBecomes(ev)
         /\ ReceiveAcceptConnection(ev.p, ev.a)
    [] ev.e = "ManagerReceiveDetach" ->
         /\ IsCm(ev) /\ ev.a \in Applications
         /\ Arrives(appToCm[ev.a], [type |-> "Detach", a |-> ev.a])
         /\ IsDone(ev)
         /\ ManagerReceiveDetach(ev.p, ev.a)
    [] ev.e = "ReceiveAcceptorTimedOut" ->
         /\ IsCm(ev) /\ ev.t \in Transports /\ ev.c \in Connections /\ ev.a \in Applications
         /\ Arrives(tsToCm[ev.t][ev.p], [type |-> "AcceptorTimedOut", c |-> ev.c, a |-> ev.a, g |-> ev.g])
         /\ IsDone(ev)
         /\ ReceiveAcceptorTimedOut(ev.p, ev.t)
    [] ev.e = "ReceiveAcceptorRemoved" ->
         /\ IsCm(ev) /\ ev.t \in Transports /\ ev.a \in Applications
         /\ Arrives(tsToCm[ev.t][ev.p], [type |-> "AcceptorRemoved", a |-> ev.a, g |-> ev.g])
         /\ IsDone(ev)
         /\ ReceiveAcceptorRemoved(ev.p, ev.t)
    [] ev.e = "Ask" ->
         /\ IsCm(ev) /\ ev.to \in Managers
         /\ IsDone(ev)
         /\ Ask(ev.p, ev.to)
    [] ev.e = "ReturnOffer" ->
         /\ IsCm(ev) /\ ev.to \in Managers
         /\ ReturnOfferBecomes(ev)
         /\ ReturnOffer(ev.p, ev.to)
    [] ev.e = "ReceiveConnectionEstablished" ->
         /\ IsCm(ev) /\ ev.t \in Transports /\ ev.c \in Connections
         /\ Arrives(tsToCm[ev.t][ev.p], [type |-> "ConnectionEstablished", c |-> ev.c])
         /\ IsDone(ev)
         /\ ReceiveConnectionEstablished(ev.p, ev.t)
    [] ev.e = "ReceiveAcceptorUnused" ->
         /\ IsCm(ev) /\ ev.t \in Transports /\ ev.a \in Applications
         /\ Arrives(tsToCm[ev.t][ev.p], [type |-> "AcceptorUnused", a |-> ev.a, g |-> ev.g])
         /\ IsDone(ev)
         /\ ReceiveAcceptorUnused(ev.p, ev.t)
    [] ev.e = "ReceiveOpen" ->
         /\ IsTs(ev) /\ ev.c \in Connections
         /\ Arrives(cmToTs[ManagerOf(ev.c)][ev.p], [type |-> "Open", c |-> ev.c])
         /\ IsDone(ev)
         /\ ReceiveOpen(ev.p, ManagerOf(ev.c))
    [] ev.e = "ReceiveReset" ->
         /\ IsTs(ev) /\ ev.c \in Connections
         /\ Arrives(cmToTs[ManagerOf(ev.c)][ev.p], [type |-> "ResetConnection", c |-> ev.c])
         /\ ReceiveResetBecomes(ev)
         /\ ReceiveReset(ev.p, ManagerOf(ev.c))
    [] ev.e = "ClaimTimeout" ->
         /\ IsTs(ev) /\ ev.c \in Connections
         /\ ClaimTimeoutBecomes(ev)
         /\ ClaimTimeout(ev.p, ev.c)
    [] ev.e = "ReceiveAttach" ->
         /\ IsTs(ev) /\ ev.a \in Applications
         /\ Arrives(appToTs[ev.a][ev.p], [type |-> "Attach", a |-> ev.a])
         /\ IsDone(ev)
         /\ ReceiveAttach(ev.p, ev.a)
    [] ev.e = "TransportReceiveDetach" ->
         /\ IsTs(ev) /\ ev.a \in Applications
         /\ Arrives(appToTs[ev.a][ev.p], [type |-> "Detach", a |-> ev.a])
         /\ IsDone(ev)
         /\ TransportReceiveDetach(ev.p, ev.a)
    [] OTHER -> FALSE
\* (So far.)

-----------------------------------------------------------------------------
(* The properties, in every state *)

\* Says that a property does not hold, and ends TLC: a violated INVARIANT would print every state up to there.
Held(name, holds) == IF holds THEN TRUE ELSE PrintT(<<"VIOLATED", name, i - 1>>) /\ TLCSet("exit", TRUE)

\* What a step is about; everybody, where a process or a listener ends.
Ends == {"TransportReceiveDetach", "ManagerReceiveDetach", "Die", "CloseListener"}
HeadsQueue == {"AssignWaiting", "ResetWaiting"}
IsEnd(ev) == ev.e \in Ends
AboutConnections(ev) ==
  CASE IsEnd(ev) -> Connections
    [] ev.c # NoField -> {ev.c} \cap Connections
    [] ev.e = "Claim" -> {Head(app[ev.p].tokens)[1]}
    [] ev.e \in HeadsQueue -> {Head(queue[ev.p])}
    [] OTHER -> {}
AboutApplications(ev, cs) ==
  IF IsEnd(ev) THEN Applications
  ELSE (({IF ev.role = "app" THEN ev.p ELSE None, ev.a, ev.ca} \cup {conn[c].a : c \in cs}) \cap Applications)
About(ev) ==
  LET cs == AboutConnections(ev)
  IN  [applications |-> AboutApplications(ev, cs), connections |-> cs, managers |-> IF ev.role = "cm" THEN {ev.p} ELSE {}]

\* Whose first part is in cs. (Java does the same faster: tlc2.overrides.TraceReader.)
Those(tuples, cs) == {y \in tuples : y[1] \in cs}

\* Late: OneToken of the registrations in sight: the newest, and those that are listed, held, or had a connection of cs.
InSight(a, mine) ==
  {app[a].g, acceptor[a]} \cup {conn[c].g : c \in mine}
    \cup {offer[m][Home(a)].g : m \in {k \in Managers : offer[k][Home(a)].a = a}}
OneTokenSeen(a, mine) == \A g \in InSight(a, mine) \ {0} : Unused(a, g) + InUse(a, g, mine) <= 1

PropertiesOf(as, cs, ms) ==
  /\ \A c \in cs :
       /\ Held("TypeOK", ConnectionTypeOK(c))
       /\ Held("NotLost", NotLostOf(c))
       /\ Held("OwnerKnows", OwnerKnowsOf(c))
  /\ \A a \in as :
       /\ Held("TypeOK", ApplicationTypeOK(a))
       /\ \A y \in Those(app[a].owned, cs) : Held("OneOwner", OneOwnerOf(a, y))
       /\ \A y \in Those(app[a].claims, cs) : Held("OneAnswer", OneAnswerOf(a, y))
       /\ IF Late
          THEN Held("Kept", KeptOf(a)) /\ Held("OneToken", OneTokenSeen(a, {c \in cs : conn[c].a = a}))
          ELSE Held("NoLostWakeup", NoLostWakeupOf(a))
       /\ Held("KnownGeneration", KnownGenerationOf(a))
       /\ Held("RoomKept", RoomKeptOf(a))
  /\ \A m \in ms : Held("TypeOK", ManagerTypeOK(m))

\* Of the state that the last step led to. A step changes what it is about: for the rest the properties are as true as
\* before. They are looked at for everybody wherever core and specification compare their states, and at the end.
Checked(ev) ==
  IF ev.e = "Agree" \/ ev.e = "End"
  THEN PropertiesOf(Applications, Connections, Managers) /\ Held("Expected", Expected)
  ELSE PropertiesOf(touched.applications, touched.connections, touched.managers)

-----------------------------------------------------------------------------
(* The chain *)

Same(s) ==
  /\ app = s.app
  /\ acceptor = s.acceptor
  /\ listener = s.listener
  /\ generation = s.generation
  /\ tombstone = s.tombstone
  /\ offer = s.offer
  /\ queue = s.queue
  /\ entry = s.entry
  /\ conn = s.conn
  /\ acc = s.acc
  /\ appToCm = s.appToCm
  /\ appToTs = s.appToTs
  /\ tsToApp = s.tsToApp
  /\ tsToCm = s.tsToCm
  /\ cmToTs = s.cmToTs
  /\ cmToCm = s.cmToCm

\* Core and specification have the same state here.
Agree(ev) ==
  /\ Same(TraceSnapshot(ev.x))
  /\ UNCHANGED vars

End(ev) ==
  /\ ev.role = "end"
  /\ i = Last
  /\ UNCHANGED vars

Allowed(ev) ==
  CASE ev.e = "Agree" -> Agree(ev)
    [] ev.e = "End" -> End(ev)
    [] OTHER -> Step(ev)

\* What is shown by having come to the end of all guards: that the part joins the next, that the recording is accepted.
Mark(ev) ==
  CASE ev.e = "End" -> PrintT(<<"ACCEPTED", ev.x>>)
    [] ev.e = "Agree" -> PrintT(<<IF i = Last THEN "JOINED" ELSE "AGREED", ev.x>>)
    [] OTHER -> TRUE

TraceInit ==
  /\ i = TraceFirst(0)
  /\ touched = [applications |-> {}, connections |-> {}, managers |-> {}]
  /\ IF TraceStart(0) = NoStart THEN Init ELSE Same(TraceSnapshot(TraceStart(0)))

TraceNext ==
  /\ i <= Last
  /\ LET ev == TraceEvent(i)
     IN  /\ ev.i = i
         /\ Checked(ev)
         /\ Allowed(ev)
         /\ touched' = About(ev)
         /\ Mark(ev)
  /\ i' = i + 1

TraceSpec == TraceInit /\ [][TraceNext]_<<vars, i, touched>>
Position == i
==============================================================================

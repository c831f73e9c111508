-------------------------- MODULE StackProperties ---------------------------
(***************************************************************************)
(* What holds of Stack: in every state, and of every step. What comes      *)
(* about in the end, and under which fairness, is in MC.                   *)
(*                                                                         *)
(* Each property says of one application, manager or connection what must  *)
(* hold, and then that it holds of all: a step can break it only for those *)
(* that the step is about, so that Trace need not look at all of them      *)
(* after every step.                                                       *)
(***************************************************************************)
EXTENDS Stack

TokenTuples == Connections \X Nat \X Nat
OwnedTuples == Connections \X Nat
\* The channel holds messages of these types only.
Holds(channel, types) == IF channel = <<>> THEN TRUE ELSE \A k \in 1 .. Len(channel) : channel[k].type \in types

\* Constant sets have names: TLC evaluates those once, and a set that is written out in each state.
ApplicationFields == {"phase", "awaiting", "g", "registered", "tokens", "claims", "owned"}
ApplicationPhases == {"Down", "Attaching", "Up", "Closed"}
ConnectionPhases == {"Gone", "Opening", "Waiting", "Announced", "Claimed"}
OwnedPhases == {"Announced", "Claimed"}
EntryStates == {"Free", "Opening", "Queued", "Assigned", "Resetting"}
Owners == Applications \cup {None}
Outstanding == 0 .. Room
TypesAppToCm == {"AcceptConnection", "Detach"}
TypesAppToTs == {"Attach", "ClaimConnection", "Detach"}
TypesTsToApp == {"Attached", "ConnectionAvailable", "Claimed", "TimedOut"}
TypesCmToCm == {"Offer"}
TypesCmToTs == {"Open", "Assign", "ResetConnection"}
TypesTsToCm ==
  {"AcceptorTimedOut", "AcceptorRemoved", "AcceptorUnused", "ConnectionEstablished", "ConnectionClosed", "ServiceTime"}
TypesAboutConnection == {"AcceptorTimedOut", "ConnectionEstablished", "ConnectionClosed"}
AnswerTypes == {"Claimed", "TimedOut"}

ApplicationTypeOK(a) ==
  LET x == app[a]
  IN  /\ DOMAIN x = ApplicationFields
      /\ x.phase \in ApplicationPhases
      /\ x.awaiting \subseteq Transports
      /\ x.g \in Nat /\ x.registered \in BOOLEAN
      /\ x.tokens \in Seq(TokenTuples) /\ x.claims \subseteq TokenTuples /\ x.owned \subseteq OwnedTuples
      /\ acceptor[a] \in Nat /\ generation[a] \in Nat /\ listener[a] \in BOOLEAN
      /\ \A m \in Managers : tombstone[m][a] \in Nat
      /\ \A t \in Transports :
           /\ acc[t][a].alive \in BOOLEAN /\ acc[t][a].back \in Nat
           /\ acc[t][a].outstanding \in Outstanding
      /\ Holds(appToCm[a], TypesAppToCm)
      /\ \A t \in Transports :
           /\ Holds(appToTs[a][t], TypesAppToTs)
           /\ Holds(tsToApp[t][a], TypesTsToApp)

ConnectionTypeOK(c) ==
  LET x == conn[c]
  IN  /\ x.phase \in ConnectionPhases
      /\ x.a \in Owners /\ x.g \in Nat /\ x.n \in Nat /\ x.born \in 0 .. x.n
      /\ x.phase \in OwnedPhases => x.a # None
      /\ (x.phase = "Gone" \/ x.phase = "Waiting") => x.a = None
      /\ entry[c] \in EntryStates

ManagerTypeOK(m) ==
  /\ queue[m] \in Seq(Connections)
  /\ \A k \in Managers :
       /\ offer[m][k].a \in Owners /\ offer[m][k].g \in Nat /\ offer[m][k].listener \in BOOLEAN
       /\ Holds(cmToCm[m][k], TypesCmToCm)
  /\ \A t \in Transports :
       /\ Holds(cmToTs[m][t], TypesCmToTs)
       /\ Holds(tsToCm[t][m], TypesTsToCm)

TypeOK ==
  /\ \A a \in Applications : ApplicationTypeOK(a)
  /\ \A c \in Connections : ConnectionTypeOK(c)
  /\ \A m \in Managers : ManagerTypeOK(m)

\* Whoever has a connection that lives has it alone, and its transport agrees.
OneOwnerOf(a, y) ==
  LET x == conn[y[1]]
  IN  (x.phase # "Gone" /\ y[2] > x.born) => (x.phase = "Claimed" /\ x.a = a /\ x.n = y[2])
OneOwner == \A a \in Applications : \A y \in app[a].owned : OneOwnerOf(a, y)

\* A claim has exactly one of: itself under way, its answer under way.
OneAnswerOf(a, y) ==
  LET t == TransportOf(y[1])
      IsClaim(z) == IF z.type = "ClaimConnection" THEN z.c = y[1] /\ z.n = y[2] ELSE FALSE
      IsAnswer(z) == IF z.type \in AnswerTypes THEN z.c = y[1] /\ z.n = y[2] ELSE FALSE
  IN  Count(appToTs[a][t], IsClaim) + Count(tsToApp[t][a], IsAnswer) = 1
\* (The claims of a process that ended have gone with it.)
OneAnswer == \A a \in Applications : \A y \in app[a].claims : OneAnswerOf(a, y)

One(p) == IF p THEN 1 ELSE 0
IsCreation(z) == z.type = "Open" \/ (z.type = "Assign" /\ z.fresh)
IsAssign(z) == z.type = "Assign"
IsReset(z) == z.type = "ResetConnection"
IsReturn(z) == z.type = "AcceptorTimedOut"
IsClosed(z) == z.type = "ConnectionClosed"
IsOpen(z) == z.type = "Open"
IsEstablished(z) == z.type = "ConnectionEstablished"
\* What a manager's messages to a transport say of c: what was sent before its creation concerned the id's last
\* connection, and will be ignored.
SinceCreation(messages) ==
  LET creations == {k \in 1 .. Len(messages) : IsCreation(messages[k])}
  IN  IF creations = {} THEN messages ELSE SubSeq(messages, CHOOSE k \in creations : TRUE, Len(messages))

\* An admitted connection is in exactly one place until it is gone, and is then freed by exactly one CONNECTION-CLOSED.
NotLostOf(c) ==
  LET m == ManagerOf(c)
      x == conn[c]
      IsIt(k) == k = c
      IsDown(z) == z.c = c
      IsUp(z) == IF z.type \in TypesAboutConnection THEN z.c = c ELSE FALSE
      all == SelectSeq(cmToTs[m][TransportOf(c)], IsDown)
      up == SelectSeq(tsToCm[TransportOf(c)][m], IsUp)
      down == IF all = <<>> THEN all ELSE SinceCreation(all)
      lives == One(x.phase # "Gone") + Count(all, IsCreation)
  IN  /\ lives + Count(up, IsClosed) = One(entry[c] # "Free")
      /\ Count(queue[m], IsIt) = One(entry[c] = "Queued")
      /\ lives = 1 =>
           /\ Count(down, IsAssign) + Count(up, IsReturn)
              + One(x.phase \in OwnedPhases \/ (x.phase = "Opening" /\ x.a # None)) = One(entry[c] = "Assigned")
           /\ Count(down, IsReset) = One(entry[c] = "Resetting")
           /\ Late => Count(all, IsOpen) + One(x.phase = "Opening") + Count(up, IsEstablished) = One(entry[c] = "Opening")
NotLost == \A c \in Connections : NotLostOf(c)

\* A token of the application's current generation that will be answered by TIMED-OUT.
Withdrawn(a, y) == y[3] = app[a].g /\ ~Answers(conn[y[1]], a, y[2])

\* A registered application is listed, or about to be, or will be told that it is not.
NoLostWakeupOf(a) ==
  (app[a].phase = "Up" /\ app[a].registered) =>
    \/ acceptor[a] = app[a].g
    \/ InChannel(appToCm[a], AcceptConnection(a, app[a].g))
    \/ \E y \in Rng(app[a].tokens) : Withdrawn(a, y)
    \/ \E t \in Transports :
         \/ \E z \in Rng(tsToApp[t][a]) :
              CASE z.type = "ConnectionAvailable" -> Withdrawn(a, <<z.c, z.n, z.g>>)
                [] z.type = "TimedOut" -> z.g = app[a].g \/ z.back = app[a].g
                [] z.type = "Claimed" -> z.back = app[a].g
                [] OTHER -> FALSE
         \/ \E z \in Rng(appToTs[a][t]) :
              IF z.type = "ClaimConnection" THEN Withdrawn(a, <<z.c, z.n, z.g>>) ELSE FALSE
         \/ acc[t][a].back = app[a].g /\ acc[t][a].outstanding > 0
NoLostWakeup == \A a \in Applications : NoLostWakeupOf(a)

\* How many messages of a group of channels are such.
Sent(channel, from, to, Test(_)) ==
  Cardinality(UNION {{<<i, j, k>> : k \in {l \in 1 .. Len(channel[i][j]) : Test(channel[i][j][l])}} : i \in from, j \in to})
\* Late: in how many places the registration g of a can still come to be used, on its way home to be listed among them.
Unused(a, g) ==
  LET IsIt(z) == IF z.type \in {"Offer", "Assign", "AcceptorUnused"} THEN z.a = a /\ z.g = g ELSE FALSE
      holders == {m \in Managers : offer[m][Home(a)].a = a /\ offer[m][Home(a)].g = g}
  IN  One(InChannel(appToCm[a], AcceptConnection(a, g))) + One(acceptor[a] = g) + Cardinality(holders)
        + Sent(cmToCm, Managers, Managers, IsIt) + Sent(cmToTs, Managers, Transports, IsIt)
        + Sent(tsToCm, Transports, Managers, IsIt)
\* … and has been, by a connection, one of cs, that is not gone or comes back.
InUse(a, g, cs) ==
  LET IsIt(z) == IF z.type = "AcceptorTimedOut" THEN z.a = a /\ z.g = g ELSE FALSE
  IN  Cardinality({c \in cs : conn[c].a = a /\ conn[c].g = g}) + Sent(tsToCm, Transports, Managers, IsIt)

\* Late: a registration is in one place at a time, and good for one connection.
OneTokenOf(a) == \A g \in 1 .. app[a].g : Unused(a, g) + InUse(a, g, Connections) <= 1
OneToken == \A a \in Applications : OneTokenOf(a)

\* Late: that of an application that waits for a connection is not lost: it can be used, or its application is told of a
\* connection, or will be told that it has to register again.
KeptOf(a) ==
  (app[a].phase = "Up" /\ app[a].registered) =>
    \/ Unused(a, app[a].g) = 1
    \/ \E t \in Transports :
         \/ \E z \in Rng(tsToApp[t][a]) :
              CASE z.type = "ConnectionAvailable" -> z.g = app[a].g
                [] z.type \in AnswerTypes -> z.back = app[a].g
                [] OTHER -> FALSE
         \/ acc[t][a].back = app[a].g /\ acc[t][a].outstanding > 0
Kept == \A a \in Applications : KeptOf(a)

\* An application whose connection it is, for its transport, knows it, will hear of it, let it go, or ended.
OwnerKnowsOf(c) ==
  conn[c].phase = "Claimed" =>
    LET a == conn[c].a
        t == TransportOf(c)
        IsClaimed(z) == IF z.type = "Claimed" THEN z.c = c /\ z.n = conn[c].n ELSE FALSE
    IN  IF app[a].phase = "Down" \/ Leaving(a) THEN InChannel(appToTs[a][t], Detach(a)) \/ app[a].phase = "Closed"
        ELSE /\ acc[t][a].alive
             /\ ~\E y \in Rng(app[a].tokens) : y[1] = c /\ y[2] = conn[c].n
             /\ (\E y \in app[a].claims : y[1] = c /\ y[2] = conn[c].n) => Count(tsToApp[t][a], IsClaimed) = 1
OwnerKnows == \A c \in Connections : OwnerKnowsOf(c)

\* No generation is known that its application has not reached.
KnownGenerationOf(a) ==
  /\ acceptor[a] <= generation[a] /\ generation[a] <= app[a].g
  /\ \A m \in Managers : tombstone[m][a] <= app[a].g
KnownGeneration == \A a \in Applications : KnownGenerationOf(a)

\* A transport counts the announcements that an application has not claimed.
RoomKeptOf(a) ==
  \A t \in Transports : (app[a].phase = "Up" /\ acc[t][a].alive) =>
    LET IsAvailable(z) == z.type = "ConnectionAvailable"
        IsClaim(z) == z.type = "ClaimConnection"
        IsHere(y) == TransportOf(y[1]) = t
    IN  Count(tsToApp[t][a], IsAvailable) + Count(app[a].tokens, IsHere) + Count(appToTs[a][t], IsClaim)
          = acc[t][a].outstanding
RoomKept == \A a \in Applications : RoomKeptOf(a)

\* An announcement (c, n) is in one place only, whatever connection has the id: so a claim that names both means one
\* connection, and the next one under the id can't be taken for it.
IdsUniqueOf(c) ==
  LET t == TransportOf(c)
      IsIt(y) == y[1] = c
      IsTold(z) == IF z.type = "ConnectionAvailable" THEN z.c = c ELSE FALSE
      Tokens(a) == SelectSeq(app[a].tokens, IsIt)
      Told(a) == SelectSeq(tsToApp[t][a], IsTold)
      Taken(a) == {y \in app[a].claims \cup app[a].owned : y[1] = c}
      Numbers(a) == {y[2] : y \in Rng(Tokens(a)) \cup Taken(a)} \cup {z.n : z \in Rng(Told(a))}
  IN  /\ \A a \in Applications : Cardinality(Numbers(a)) = Len(Tokens(a)) + Cardinality(Taken(a)) + Len(Told(a))
      /\ \A a, b \in Applications : a # b => Numbers(a) \cap Numbers(b) = {}
IdsUnique == \A c \in Connections : IdsUniqueOf(c)

\* The home manager knows who listens, but for what is under way, and lists nobody else.
ListenerKnownOf(a) ==
  /\ (listener[a] /\ app[a].phase # "Up") => InChannel(appToCm[a], Detach(a))
  /\ (app[a].registered /\ ~listener[a]) => InChannel(appToCm[a], AcceptConnection(a, app[a].g))
  /\ acceptor[a] # 0 => listener[a]
ListenerKnown == \A a \in Applications : ListenerKnownOf(a)

\* A manager that heard of a time-out takes no offer of that registration, or an older one. (Of its own applications it
\* forgets the registration, and generations only rise: KnownGeneration.)
OncePerRegistration ==
  \A m, k \in Managers : offer[m][k].a # None => offer[m][k].g > tombstone[m][offer[m][k].a]

\* Who is still listed at home under a registration that another manager saw time out will not be for long.
HomeKnowsOf(a) ==
  (acceptor[a] # 0 /\ \E m \in Managers : tombstone[m][a] >= acceptor[a]) =>
    \E t \in Transports : InChannel(tsToCm[t][Home(a)], AcceptorRemoved(a, acceptor[a]))
HomeKnows == \A a \in Applications : HomeKnowsOf(a)

\* What the channels between three processes need room for, besides claims and answers (OneAnswer) and announcements
\* (RoomKept): one registration and two farewells, of the listener and of the process; of a connection downwards what
\* its last life left behind, its creation and its assignment, upwards its return and its end.
WithinRoomOf(a) ==
  LET IsAccept(z) == z.type = "AcceptConnection"
      IsDetach(z) == z.type = "Detach"
  IN  Count(appToCm[a], IsAccept) <= 1 /\ Count(appToCm[a], IsDetach) <= 2
WithinRoom ==
  /\ \A a \in Applications : WithinRoomOf(a)
  /\ \A c \in Connections :
       LET IsDown(z) == z.c = c
           IsUp(z) == IF z.type \in TypesAboutConnection THEN z.c = c ELSE FALSE
       IN  /\ Count(cmToTs[ManagerOf(c)][TransportOf(c)], IsDown) <= 3
           /\ Count(tsToCm[TransportOf(c)][ManagerOf(c)], IsUp) <= 2

\* Nothing arrives where it is not expected: no core machine ever says Illegal.
Expected ==
  /\ \A a \in Applications :
       /\ appToCm[a] # <<>> => \/ Head(appToCm[a]).type = "Detach"
                               \/ Head(appToCm[a]).g > generation[a]
       /\ \A t \in Transports :
            /\ appToTs[a][t] # <<>> =>
                 CASE Head(appToTs[a][t]).type = "Attach" -> ~acc[t][a].alive
                   [] Head(appToTs[a][t]).type = "Detach" -> acc[t][a].alive
                   [] OTHER -> acc[t][a].alive /\ acc[t][a].outstanding > 0
            /\ (tsToApp[t][a] # <<>> /\ app[a].phase # "Down") =>
                 LET z == Head(tsToApp[t][a])
                 IN  CASE z.type = "Attached" -> app[a].phase = "Attaching" /\ t \in app[a].awaiting
                       [] z.type = "ConnectionAvailable" -> TRUE
                       [] OTHER -> <<z.c, z.n, z.g>> \in app[a].claims
  /\ \A m \in Managers, t \in Transports :
       /\ tsToCm[t][m] # <<>> =>
            LET z == Head(tsToCm[t][m])
            IN  CASE z.type = "AcceptorTimedOut" -> ManagerOf(z.c) = m /\ entry[z.c] = "Assigned"
                  [] z.type = "ConnectionEstablished" -> ManagerOf(z.c) = m /\ entry[z.c] = "Opening"
                  [] z.type = "ConnectionClosed" -> ManagerOf(z.c) = m /\ entry[z.c] # "Free"
                  [] OTHER -> Home(z.a) = m
       /\ cmToTs[m][t] # <<>> =>
            LET z == Head(cmToTs[m][t])
            IN  /\ ManagerOf(z.c) = m /\ TransportOf(z.c) = t
                /\ CASE z.type = "Open" -> conn[z.c].phase = "Gone"
                     [] z.type = "Assign" ->
                          IF z.fresh THEN conn[z.c].phase = "Gone"
                          ELSE conn[z.c].phase \in {"Gone", "Waiting"} \/ (conn[z.c].phase = "Opening" /\ conn[z.c].a = None)
                     [] OTHER -> TRUE

\* Action property: gone stays gone until the id is used again; claimed only goes.
OneWay ==
  [][\A c \in Connections : conn[c].phase = "Claimed" =>
       \/ conn'[c].phase = "Gone"
       \/ conn'[c] = conn[c]]_vars

\* Action property: a connection is claimed by the announcement that was made for it, and by no other.
SameConnection ==
  [][\A c \in Connections : (conn[c].phase # "Claimed" /\ conn'[c].phase = "Claimed") =>
       LET told == tsToApp'[TransportOf(c)][conn'[c].a]
       IN  told[Len(told)].type = "Claimed" /\ told[Len(told)].c = c /\ told[Len(told)].n = conn'[c].n]_vars

\* Action property: the end of a claimed connection is reported once, to its claimer's home; not if the claimer died.
ReportedOnce ==
  [][\A t \in Transports, a \in Applications, m \in Managers :
       LET IsReport(z) == z.type = "ServiceTime" /\ z.a = a
           reports == Count(tsToCm'[t][m], IsReport) - Count(tsToCm[t][m], IsReport)
           ended == {c \in Connections : /\ TransportOf(c) = t /\ conn[c].a = a
                                         /\ conn[c].phase = "Claimed" /\ conn'[c].phase = "Gone"}
       IN  IF ended = {} THEN reports <= 0
           ELSE reports = IF m = Home(a) /\ acc'[t][a].alive THEN Cardinality(ended) ELSE 0]_vars
=============================================================================

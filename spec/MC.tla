--------------------------------- MODULE MC ---------------------------------
(***************************************************************************)
(* Limits that make Stack finite, and nothing else. A claim timer is too   *)
(* early when its application would still claim: only so many of those.    *)
(***************************************************************************)
EXTENDS StackProperties

CONSTANTS
  MaxSyns,      \* connections created
  MaxTimeouts,  \* claim timers that fire too early
  MaxOffers,    \* offers sent again though only their service time is new
  MaxStops      \* listeners closed, processes ended, and processes that take a slot again

\* No connection id has more announcements in any model.
MaxAnnouncements == 16

VARIABLES left, sent

mcVars == <<vars, left, sent>>

MCInit ==
  /\ Init
  /\ left = [syns |-> MaxSyns, timeouts |-> MaxTimeouts, offers |-> MaxOffers, stops |-> MaxStops]
  /\ sent = [m \in Managers |-> [k \in Managers |-> Offer(Nobody, FALSE)]]

Free == UNCHANGED <<left, sent>>
Spend(what) == left[what] > 0 /\ left' = [left EXCEPT ![what] = @ - 1] /\ UNCHANGED sent

\* The application that was told would still claim.
TooEarly(c) ==
  LET a == conn[c].a
      n == conn[c].n
      t == TransportOf(c)
  IN  /\ app[a].phase \in {"Attaching", "Up", "Closed"}
      /\ \/ \E y \in Rng(app[a].tokens) : y[1] = c /\ y[2] = n
         \/ app[a].phase # "Closed"
            /\ \E z \in Rng(tsToApp[t][a]) : IF z.type = "ConnectionAvailable" THEN z.c = c /\ z.n = n ELSE FALSE
         \/ \E z \in Rng(appToTs[a][t]) : IF z.type = "ClaimConnection" THEN z.c = c /\ z.n = n ELSE FALSE

\* One operator for each action, its parameters taken from constant sets: so TLC's state graph names both. The last one
\* of some is what becomes of it (o), which a recording holds too.
Handle(m, a) ==
  IF a = None THEN Nobody
  ELSE IF Home(a) = m THEN <<a, acceptor[a]>>
  ELSE <<a, offer[m][Home(a)].g>>
Choices == Applications \cup {None}

MCAttach(a) == Attach(a, app[a].g) /\ IF app[a].g = 0 THEN Free ELSE Spend("stops")
MCRegister(a) == Free /\ Register(a)
MCReceiveAttached(a, t) == Free /\ ReceiveAttached(a, t)
MCReceiveAvailable(a, t) == Free /\ ReceiveAvailable(a, t)
MCClaim(a) == Free /\ Claim(a)
MCReceiveClaimed(a, t) == Free /\ ReceiveClaimed(a, t)
MCReceiveTimedOut(a, t) == Free /\ ReceiveTimedOut(a, t)
MCRelease(a, c, n) == Free /\ Release(a, c, n)
MCCloseListener(a) == CloseListener(a) /\ Spend("stops")
MCDie(a) == Die(a) /\ Spend("stops")

MCSyn(m, c, a, o) ==
  /\ o = SynOutcome(m, c)
  /\ Syn(m, c, Handle(m, a))
  /\ Spend("syns")
\* A SYN that comes to nothing changes nothing: duplicates, refusals and drops have no limit.
MCSynNothing(m, c, o) ==
  /\ ManagerOf(c) = m
  /\ o = SynOutcome(m, c)
  /\ Free /\ Syn(m, c, Nobody)
MCAssignWaiting(m, a) == Free /\ AssignWaiting(m, Handle(m, a))
MCResetWaiting(m) == Free /\ ResetWaiting(m)
MCSendOffer(m, k, a) ==
  LET x == Handle(m, a)
      news == Offer(x, LocalListener(m))
  IN  /\ cmToCm[m][k] = <<>>
      /\ SendOffer(m, k, x)
      \* What is given away has an end by itself.
      /\ IF Late THEN Free
         ELSE IF news # sent[m][k] THEN sent' = [sent EXCEPT ![m][k] = news] /\ UNCHANGED left
         ELSE Spend("offers")
MCReceiveOffer(m, k) == Free /\ ReceiveOffer(m, k)
MCAsk(m, k) ==
  LET news == Offer(Nobody, LocalListener(m))
  IN  /\ cmToCm[m][k] = <<>>
      /\ Ask(m, k)
      /\ IF news # sent[m][k]
         THEN sent' = [sent EXCEPT ![m][k] = news] /\ UNCHANGED left
         ELSE Spend("offers")
MCReturnOffer(m, k) == cmToCm[m][k] = <<>> /\ Free /\ ReturnOffer(m, k)
MCReceiveAcceptConnection(m, a) == Free /\ ReceiveAcceptConnection(m, a)
MCManagerReceiveDetach(m, a) == Free /\ ManagerReceiveDetach(m, a)
MCReceiveAcceptorTimedOut(m, t) == Free /\ ReceiveAcceptorTimedOut(m, t)
MCReceiveAcceptorRemoved(m, t) == Free /\ ReceiveAcceptorRemoved(m, t)
MCReceiveAcceptorUnused(m, t) == Free /\ ReceiveAcceptorUnused(m, t)
MCReceiveConnectionEstablished(m, t) == Free /\ ReceiveConnectionEstablished(m, t)
MCReceiveConnectionClosed(m, t) == Free /\ ReceiveConnectionClosed(m, t)
MCReceiveServiceTime(m, t) == Free /\ ReceiveServiceTime(m, t)

MCReceiveOpen(t, m) == Free /\ ReceiveOpen(t, m)
MCReceiveAssign(t, m, o) ==
  /\ Heads(cmToTs[m][t], "Assign")
  /\ o = AssignOutcome(t, Head(cmToTs[m][t]))
  /\ Free /\ ReceiveAssign(t, m)
MCReceiveReset(t, m, o) ==
  /\ Heads(cmToTs[m][t], "ResetConnection")
  /\ o = ResetOutcome(Head(cmToTs[m][t]).c)
  /\ Free /\ ReceiveReset(t, m)
MCReceiveClaim(t, a, o) ==
  /\ Heads(appToTs[a][t], "ClaimConnection")
  /\ o = ClaimOutcome(Head(appToTs[a][t]))
  /\ Free /\ ReceiveClaim(t, a)
MCReceiveAttach(t, a) == Free /\ ReceiveAttach(t, a)
MCTransportReceiveDetach(t, a) == Free /\ TransportReceiveDetach(t, a)
MCEstablished(t, c, o) ==
  /\ conn[c].phase = "Opening" /\ TransportOf(c) = t
  /\ o = EstablishedOutcome(t, c)
  /\ Free /\ Established(t, c)
MCGone(t, c, o) ==
  /\ o = IF conn[c].phase = "Claimed" THEN "Served" ELSE "Done"
  /\ Free /\ Gone(t, c)
MCClaimTimeout(t, c) ==
  /\ ClaimTimeout(t, c)
  /\ IF TooEarly(c) THEN Spend("timeouts") ELSE Free
LateTimeout(t, c) == ClaimTimeout(t, c) /\ ~TooEarly(c) /\ Free

ApplicationStep(a) ==
  \/ MCAttach(a) \/ MCRegister(a) \/ MCClaim(a) \/ MCCloseListener(a) \/ MCDie(a)
  \/ \E t \in Transports :
       MCReceiveAttached(a, t) \/ MCReceiveAvailable(a, t) \/ MCReceiveClaimed(a, t) \/ MCReceiveTimedOut(a, t)
  \/ \E c \in Connections, n \in 1 .. MaxAnnouncements : MCRelease(a, c, n)

ManagerStep(m) ==
  \/ \E c \in Connections, o \in {"Known", "Refused", "Dropped"} : MCSynNothing(m, c, o)
  \/ \E c \in Connections, a \in Choices, o \in {"Assigned", "Queued"} : MCSyn(m, c, a, o)
  \/ \E a \in Applications : MCAssignWaiting(m, a) \/ MCReceiveAcceptConnection(m, a) \/ MCManagerReceiveDetach(m, a)
  \/ MCResetWaiting(m)
  \/ \E k \in Managers :
       \/ MCReceiveOffer(m, k) \/ MCAsk(m, k) \/ MCReturnOffer(m, k)
       \/ \E a \in Choices : MCSendOffer(m, k, a)
  \/ \E t \in Transports :
       \/ MCReceiveAcceptorTimedOut(m, t) \/ MCReceiveAcceptorRemoved(m, t)
       \/ MCReceiveAcceptorUnused(m, t) \/ MCReceiveConnectionEstablished(m, t)
       \/ MCReceiveConnectionClosed(m, t) \/ MCReceiveServiceTime(m, t)

TransportStep(t) ==
  \/ \E m \in Managers :
       \/ MCReceiveOpen(t, m)
       \/ \E o \in {"Done", "Ignored", "Announced", "GivenBack"} : MCReceiveAssign(t, m, o)
       \/ \E o \in {"Done", "Ignored"} : MCReceiveReset(t, m, o)
  \/ \E a \in Applications :
       \/ \E o \in {"Claimed", "TimedOut"} : MCReceiveClaim(t, a, o)
       \/ MCReceiveAttach(t, a) \/ MCTransportReceiveDetach(t, a)
  \/ \E c \in Connections :
       \/ \E o \in {"Done", "Announced", "GivenBack"} : MCEstablished(t, c, o)
       \/ \E o \in {"Done", "Served"} : MCGone(t, c, o)
       \/ MCClaimTimeout(t, c)

MCNext ==
  \/ \E a \in Applications : ApplicationStep(a)
  \/ \E m \in Managers : ManagerStep(m)
  \/ \E t \in Transports : TransportStep(t)

\* Release is quantified over a constant set that must be large enough.
Enough == \A c \in Connections : conn[c].n <= MaxAnnouncements

\* Everything but what the world decides: SYNs, deaths, closes, too early timers, ends of connections.
Fairness ==
  /\ \A a \in Applications :
       /\ WF_mcVars(Free /\ Register(a)) /\ WF_mcVars(Free /\ Claim(a))
       /\ \A t \in Transports :
            WF_mcVars(Free /\ (ReceiveAttached(a, t) \/ ReceiveAvailable(a, t) \/ ReceiveClaimed(a, t) \/ ReceiveTimedOut(a, t)))
  /\ \A m \in Managers :
       /\ WF_mcVars(\E a \in Applications : MCAssignWaiting(m, a)) /\ WF_mcVars(Free /\ ResetWaiting(m))
       /\ \A k \in Managers : WF_mcVars(\E a \in Choices : MCSendOffer(m, k, a)) /\ WF_mcVars(Free /\ ReceiveOffer(m, k))
       /\ \A a \in Applications : WF_mcVars(Free /\ (ReceiveAcceptConnection(m, a) \/ ManagerReceiveDetach(m, a)))
       /\ \A t \in Transports :
            WF_mcVars(Free /\ (\/ ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t)
                               \/ ReceiveConnectionClosed(m, t) \/ ReceiveServiceTime(m, t)))
  /\ \A t \in Transports :
       /\ \A m \in Managers : WF_mcVars(Free /\ (ReceiveOpen(t, m) \/ ReceiveAssign(t, m) \/ ReceiveReset(t, m)))
       /\ \A a \in Applications : WF_mcVars(Free /\ (ReceiveClaim(t, a) \/ ReceiveAttach(t, a) \/ TransportReceiveDetach(t, a)))
       /\ \A c \in Connections : WF_mcVars(Free /\ Established(t, c)) /\ WF_mcVars(LateTimeout(t, c))

\* Late: tokens go back and forth for ever where nobody needs them, so what is possible now and again has to be done.
LateFairness ==
  /\ Fairness
  /\ \A m \in Managers :
       /\ SF_mcVars(\E a \in Applications : MCAssignWaiting(m, a))
       /\ \A k \in Managers : SF_mcVars(\E a \in Choices : MCSendOffer(m, k, a)) /\ WF_mcVars(MCReturnOffer(m, k))
       /\ \A t \in Transports : WF_mcVars(Free /\ (ReceiveConnectionEstablished(m, t) \/ ReceiveAcceptorUnused(m, t)))

MCSpec == MCInit /\ [][MCNext]_mcVars
FairSpec == MCSpec /\ Fairness
FairLateSpec == MCSpec /\ LateFairness

\* Every connection that is admitted is claimed or gone in the end.
Served == \A c \in Connections : (entry[c] # "Free") ~> (conn[c].phase = "Claimed" \/ entry[c] = "Free")
\* An application that is up is listed in the end, unless it stops.
Registered == \A a \in Applications : (app[a].phase = "Up") ~> (acceptor[a] = app[a].g \/ app[a].phase # "Up")
\* A claim is answered.
Answered == \A a \in Applications : (app[a].claims # {}) ~> (app[a].claims = {})
\* A connection that is gone leaves its id free.
Ended(c) ==
  LET Creates(z) == z.c = c /\ (z.type = "Open" \/ (IF z.type = "Assign" THEN z.fresh ELSE FALSE))
  IN  conn[c].phase = "Gone" /\ entry[c] # "Free" /\ Count(cmToTs[ManagerOf(c)][TransportOf(c)], Creates) = 0
Freed == \A c \in Connections : Ended(c) ~> (entry[c] = "Free")
\* What waits where nobody listens is reset.
Flushed == \A m \in Managers : (queue[m] # <<>> /\ ~AnyListener(m)) ~> (queue[m] = <<>> \/ AnyListener(m))
\* What a process had claimed does not outlive it.
Has(a, c) == conn[c].phase = "Claimed" /\ conn[c].a = a
DeadLoses == \A a \in Applications, c \in Connections : (app[a].phase = "Down" /\ Has(a, c)) ~> ~Has(a, c)
\* A process that comes is acknowledged by every transport.
AttachedInTime == \A a \in Applications : (app[a].phase = "Attaching") ~> (app[a].phase # "Attaching")

\* Traps: each must be reached, or the models show nothing.
NeverClaimed == \A a \in Applications : app[a].owned = {}
NeverReturned == \A t \in Transports, m \in Managers : ~\E z \in Rng(tsToCm[t][m]) : z.type = "AcceptorTimedOut"
NeverReset == \A c \in Connections : entry[c] # "Resetting"
NeverForeign == \A c \in Connections : conn[c].phase = "Claimed" => Home(conn[c].a) = ManagerOf(c)
=============================================================================

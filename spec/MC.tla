--------------------------------- MODULE MC ---------------------------------
(***************************************************************************)
(* Limits that make Accept finite, and nothing else. A claim timer is too  *)
(* early when its application would still claim: only so many of those.    *)
(***************************************************************************)
EXTENDS Accept

CONSTANTS
  MaxSyns,      \* connections created
  MaxTimeouts,  \* claim timers that fire too early
  MaxStops      \* listeners closed, processes ended, and processes that take a slot again

VARIABLES left, sent

mcVars == <<vars, left, sent>>

MCInit ==
  /\ Init
  /\ left = [syns |-> MaxSyns, timeouts |-> MaxTimeouts, stops |-> MaxStops]
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

MCAttach(a) == Attach(a, app[a].g) /\ IF app[a].g = 0 THEN Free ELSE Spend("stops")
MCCloseListener(a) == CloseListener(a) /\ Spend("stops")
MCDie(a) == Die(a) /\ Spend("stops")
MCSyn(m, c) ==
  \E x \in Candidates(m) \cup {Nobody} :
    /\ SynOutcome(m, c) \in {"Assigned", "Queued"}
    /\ Syn(m, c, x)
    /\ Spend("syns")
MCClaimTimeout(t, c) ==
  /\ ClaimTimeout(t, c)
  /\ IF TooEarly(c) THEN Spend("timeouts") ELSE Free
LateTimeout(t, c) == ClaimTimeout(t, c) /\ ~TooEarly(c) /\ Free
MCAssignWaiting(m) == Free /\ \E x \in Candidates(m) : AssignWaiting(m, x)
MCRelease(a, c) == Free /\ \E n \in 1 .. conn[c].n : Release(a, c, n)
MCSendOffer(m, k) ==
  \E x \in Locals(m) \cup {Nobody} :
    /\ cmToCm[m][k] = <<>>
    /\ Offer(x, LocalListener(m)) # sent[m][k]
    /\ SendOffer(m, k, x)
    /\ sent' = [sent EXCEPT ![m][k] = Offer(x, LocalListener(m))]
    /\ UNCHANGED left

ApplicationStep(a) ==
  \/ MCAttach(a)
  \/ Free /\ Register(a)
  \/ Free /\ Claim(a)
  \/ \E t \in Transports :
       Free /\ (ReceiveAttached(a, t) \/ ReceiveAvailable(a, t) \/ ReceiveClaimed(a, t) \/ ReceiveTimedOut(a, t))
  \/ \E c \in Connections : MCRelease(a, c)
  \/ MCCloseListener(a)
  \/ MCDie(a)

ManagerStep(m) ==
  \/ \E c \in Connections : MCSyn(m, c)
  \/ MCAssignWaiting(m)
  \/ Free /\ ResetWaiting(m)
  \/ \E k \in Managers : MCSendOffer(m, k) \/ (Free /\ ReceiveOffer(m, k))
  \/ \E a \in Applications : Free /\ (ReceiveAcceptConnection(m, a) \/ ManagerReceiveDetach(m, a))
  \/ \E t \in Transports :
       Free /\ (\/ ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t)
                \/ ReceiveConnectionClosed(m, t) \/ ReceiveServiceTime(m, t))

TransportStep(t) ==
  \/ \E m \in Managers : Free /\ (ReceiveOpen(t, m) \/ ReceiveAssign(t, m) \/ ReceiveReset(t, m))
  \/ \E a \in Applications : Free /\ (ReceiveClaim(t, a) \/ ReceiveAttach(t, a) \/ TransportReceiveDetach(t, a))
  \/ \E c \in Connections : (Free /\ (Established(t, c) \/ Gone(t, c))) \/ MCClaimTimeout(t, c)

MCNext ==
  \/ \E a \in Applications : ApplicationStep(a)
  \/ \E m \in Managers : ManagerStep(m)
  \/ \E t \in Transports : TransportStep(t)

\* Everything but what the world decides: SYNs, deaths, closes, too early timers, ends of connections.
Fairness ==
  /\ \A a \in Applications :
       /\ WF_mcVars(Free /\ Register(a)) /\ WF_mcVars(Free /\ Claim(a))
       /\ \A t \in Transports :
            WF_mcVars(Free /\ (ReceiveAttached(a, t) \/ ReceiveAvailable(a, t) \/ ReceiveClaimed(a, t) \/ ReceiveTimedOut(a, t)))
  /\ \A m \in Managers :
       /\ WF_mcVars(MCAssignWaiting(m)) /\ WF_mcVars(Free /\ ResetWaiting(m))
       /\ \A k \in Managers : WF_mcVars(MCSendOffer(m, k)) /\ WF_mcVars(Free /\ ReceiveOffer(m, k))
       /\ \A a \in Applications : WF_mcVars(Free /\ (ReceiveAcceptConnection(m, a) \/ ManagerReceiveDetach(m, a)))
       /\ \A t \in Transports :
            WF_mcVars(Free /\ (\/ ReceiveAcceptorTimedOut(m, t) \/ ReceiveAcceptorRemoved(m, t)
                               \/ ReceiveConnectionClosed(m, t) \/ ReceiveServiceTime(m, t)))
  /\ \A t \in Transports :
       /\ \A m \in Managers : WF_mcVars(Free /\ (ReceiveOpen(t, m) \/ ReceiveAssign(t, m) \/ ReceiveReset(t, m)))
       /\ \A a \in Applications : WF_mcVars(Free /\ (ReceiveClaim(t, a) \/ ReceiveAttach(t, a) \/ TransportReceiveDetach(t, a)))
       /\ \A c \in Connections : WF_mcVars(Free /\ Established(t, c)) /\ WF_mcVars(LateTimeout(t, c))

MCSpec == MCInit /\ [][MCNext]_mcVars
FairSpec == MCSpec /\ Fairness

\* Every connection that is admitted is claimed or gone in the end.
Served == \A c \in Connections : (entry[c] # "Free") ~> (conn[c].phase = "Claimed" \/ entry[c] = "Free")
\* An application that is up is listed in the end, unless it stops.
Registered == \A a \in Applications : (app[a].phase = "Up") ~> (acceptor[a] = app[a].g \/ app[a].phase # "Up")
\* A claim is answered.
Answered == \A a \in Applications : (app[a].claims # {}) ~> (app[a].claims = {})

\* Traps: each must be reached, or the models show nothing.
NeverClaimed == \A a \in Applications : app[a].owned = {}
NeverReturned == \A t \in Transports, m \in Managers : ~\E z \in Rng(tsToCm[t][m]) : z.type = "AcceptorTimedOut"
NeverReset == \A c \in Connections : entry[c] # "Resetting"
NeverForeign == \A c \in Connections : conn[c].phase = "Claimed" => Home(conn[c].a) = ManagerOf(c)
=============================================================================

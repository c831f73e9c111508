------------------------------- MODULE MCDraws -------------------------------
(***************************************************************************)
(* Who may get a connection, whatever has been measured and offered:       *)
(* Offers, from any set of registered acceptors with any service times. A  *)
(* connection is gone as soon as it is assigned. Only manager 0 chooses,   *)
(* the others send it offers.                                              *)
(***************************************************************************)
EXTENDS Offers, TLC

Registered(them) ==
  /\ app = [a \in Applications |->
              IF a \in them THEN [NoProcess(1) EXCEPT !.phase = "Up", !.registered = TRUE] ELSE NoProcess(0)]
  /\ acceptor = [a \in Applications |-> IF a \in them THEN 1 ELSE 0]
  /\ generation = acceptor
  /\ listener = them

DrawsInit ==
  /\ \E them \in SUBSET Applications :
       /\ Registered(them)
       /\ time \in [Applications -> Times \cup {0}]
       /\ \A a \in Applications \ them : time[a] = 0
  /\ entry = [c \in Connections |-> "Free"]
  /\ conn = [c \in Connections |-> NoConnection(0)]
  /\ back = [t \in Transports |-> [a \in Applications |-> 0]]
  /\ appToCm = [a \in Applications |-> <<>>]
  /\ appToTs = [a \in Applications |-> [t \in Transports |-> <<>>]]
  /\ tsToApp = [t \in Transports |-> [a \in Applications |-> <<>>]]
  /\ tsToCm = [t \in Transports |-> [m \in Managers |-> <<>>]]
  /\ cmToTs = [m \in Managers |-> [t \in Transports |-> <<>>]]
  /\ queue = [m \in Managers |-> <<>>]
  /\ tombstone = [m \in Managers |-> [a \in Applications |-> 0]]
  /\ offer = [m \in Managers |-> [k \in Managers |-> NoOffer]]
  /\ cmToCm = [m \in Managers |-> [k \in Managers |-> <<>>]]

\* Nothing is under way: an offer that was sent arrives next, and a connection that was assigned goes next.
Quiet == (\A k \in Managers : cmToCm[k][0] = <<>>) /\ \A c \in Connections : entry[c] = "Free"

\* Assignment and end, of which nothing matters here, in one step.
Ends(c) ==
  /\ entry[c] = "Assigned"
  /\ entry' = [entry EXCEPT ![c] = "Free"]
  /\ cmToTs' = Consume(cmToTs, ManagerOf(c), TransportOf(c))
  /\ UNCHANGED <<elsewhere, appToCm, tsToCm, acceptor, listener, generation, time, queue, tombstone, offer, cmToCm>>

DrawsNext ==
  \/ \E k \in Managers : ReceiveOffer(0, k)
  \/ \E c \in Connections : Ends(c)
  \/ /\ Quiet
     /\ \/ \E a \in listener : \E t \in Times \ {time[a]} : Measure(a, t)
        \/ \E k \in Managers \ {0} : \E x \in Locals(k) \cup {Nobody} : SendOffer(k, 0, x)
        \/ \E x \in Candidates(0) : SynAssigned(0, x)

DrawsSpec == DrawsInit /\ [][DrawsNext]_vars

\* One line for what decides, and what is decided: a test compares it with what src/core does.
Row ==
  <<{<<x[1], time[x[1]]>> : x \in Locals(0)},
    {<<k, offer[0][k].a, offer[0][k].time, offer[0][k].admitted>> : k \in {j \in Managers : offer[0][j].a # None}},
    {x[1] : x \in Candidates(0)},
    {k \in Managers : Readmitted(0)[k].admitted}>>
Rows ==
  Quiet => IF Row \in TLCGet(1) THEN TRUE ELSE PrintT(Row) /\ TLCSet(1, TLCGet(1) \cup {Row})
ASSUME TLCSet(1, {})


-----------------------------------------------------------------------------
(* Known to be bad, each in the place of one rule. *)

\* Shortest's offers have no tariff.
BadBetter(m) == {x \in Offered(m) : Locals(m) = {} \/ Delay(m, x.time) < Least(Delays(m))}
\* Offers pass whatever they are.
BadPasses(m, x) == TRUE
\* One watermark: no hysteresis.
BadNotBelow(m, t, percent) == Above(m, t, High)
\* The tariff is forgotten.
BadCompare(m, t, Holds(_, _)) == Holds(100 * Least(LocalTimes(m)), t)
=============================================================================

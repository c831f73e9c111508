-------------------------------- MODULE Ring ---------------------------------
(***************************************************************************)
(* The queue of messages in shared memory between two processes, and how   *)
(* each wakes the other: src/memory/queue.ts, and the loop of who hosts it *)
(* (turns until there is nothing to do, flags, a second look, sleep).      *)
(*                                                                         *)
(* Every step is one access to a word that both share, or to a bell, and   *)
(* what the process makes of it. Accesses are sequentially consistent.     *)
(* On x86-64, where plain stores may be seen later than a later load of    *)
(* the same process, each store whose order with the next load matters is  *)
(* a fenced one (src/memory/order.ts); the model does not check that.      *)
(*                                                                         *)
(* Message number n, from 0, lies in slot n mod Capacity under the stamp   *)
(* n + 1, and holds two words, n + 1 both.                                 *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
  Capacity,
  MaxMessages,
  MaxDeaths,   \* of writers, at any point between two accesses
  Succeeds     \* another writer goes on in the same memory

Slots == 0 .. Capacity - 1
Slot(n) == n % Capacity

VARIABLES
  \* Shared memory.
  written, consumed,   \* counts
  sleeping,            \* the reader asks to be rung for a message
  wanting,             \* the writer asks to be rung for room
  stamp, one, two,     \* slot: its words
  bellR, bellW,        \* the pipe of each process holds something
  \* The processes.
  w,                   \* writer: where it is, messages submitted, its last reading of consumed, messages flushed
  r,                   \* reader: where it is, messages released, of which the writer was told, what it reads, what it got last
  \* The world.
  todo,                \* messages that the writer has been given to send
  deaths,
  published            \* messages whose stamp is in memory (history)

memory == <<written, consumed, sleeping, wanting, stamp, one, two>>
world == <<todo, deaths>>
vars == <<memory, bellR, bellW, w, r, world, published>>

Init ==
  /\ written = 0 /\ consumed = 0 /\ sleeping = FALSE /\ wanting = FALSE
  /\ stamp = [k \in Slots |-> k + 1 - Capacity]
  /\ one = [k \in Slots |-> 0] /\ two = [k \in Slots |-> 0]
  /\ bellR = FALSE /\ bellW = FALSE
  /\ w = [pc |-> "top", n |-> 0, seen |-> 0, flushed |-> 0]
  /\ r = [pc |-> "peek", n |-> 0, flushed |-> 0, one |-> 0, two |-> 0, got |-> <<0, 0>>]
  /\ todo = 0 /\ deaths = 0 /\ published = 0

-----------------------------------------------------------------------------
(* Writer: reserve, submit, flush, armRoom; sleep *)

Unsent == w.n < todo
\* As far as the writer knows.
Full(seen) == w.n - seen >= Capacity
WriterGoes(pc) == w' = [w EXCEPT !.pc = pc]
WriterOnly == UNCHANGED <<bellR, bellW, r, world, published>>

\* reserve: it looks only when there seems to be no room.
WLook ==
  /\ w.pc = "top" /\ Unsent /\ Full(w.seen)
  /\ w' = [w EXCEPT !.seen = consumed, !.pc = IF Full(consumed) THEN "full" ELSE "one"]
  /\ UNCHANGED memory /\ WriterOnly
WOne ==
  /\ w.pc = "one" \/ (w.pc = "top" /\ Unsent /\ ~Full(w.seen))
  /\ one' = [one EXCEPT ![Slot(w.n)] = w.n + 1]
  /\ WriterGoes("two")
  /\ UNCHANGED <<written, consumed, sleeping, wanting, stamp, two>> /\ WriterOnly
WTwo ==
  /\ w.pc = "two"
  /\ two' = [two EXCEPT ![Slot(w.n)] = w.n + 1]
  /\ WriterGoes("stamp")
  /\ UNCHANGED <<written, consumed, sleeping, wanting, stamp, one>> /\ WriterOnly
\* submit
WStamp ==
  /\ w.pc = "stamp"
  /\ stamp' = [stamp EXCEPT ![Slot(w.n)] = w.n + 1]
  /\ published' = published + 1
  /\ WriterGoes("count")
  /\ UNCHANGED <<written, consumed, sleeping, wanting, one, two, bellR, bellW, r, world>>
WCount ==
  /\ w.pc = "count"
  /\ written' = w.n + 1
  /\ w' = [w EXCEPT !.n = @ + 1, !.pc = "top"]
  /\ UNCHANGED <<consumed, sleeping, wanting, stamp, one, two>> /\ WriterOnly

\* flush, after as many messages as it likes: the fence, the flag, and the one swap that takes it down
WFlush ==
  /\ w.pc \in {"top", "full"} /\ w.flushed # w.n
  /\ written' = w.n
  /\ w' = [w EXCEPT !.flushed = w.n, !.pc = "flag"]
  /\ UNCHANGED <<consumed, sleeping, wanting, stamp, one, two>> /\ WriterOnly
WFlag ==
  /\ w.pc = "flag"
  /\ WriterGoes(IF sleeping THEN "swap" ELSE "top")
  /\ UNCHANGED memory /\ WriterOnly
WSwap ==
  /\ w.pc = "swap"
  /\ sleeping' = FALSE
  /\ WriterGoes(IF sleeping THEN "ring" ELSE "top")
  /\ UNCHANGED <<written, consumed, wanting, stamp, one, two>> /\ WriterOnly
WRing ==
  /\ w.pc = "ring"
  /\ bellR' = TRUE
  /\ WriterGoes("top")
  /\ UNCHANGED <<memory, bellW, r, world, published>>

\* armRoom, when all is flushed: the flag, and a second look
WArm ==
  /\ w.pc = "full" /\ w.flushed = w.n
  /\ wanting' = TRUE
  /\ WriterGoes("again")
  /\ UNCHANGED <<written, consumed, sleeping, stamp, one, two>> /\ WriterOnly
WAgain ==
  /\ w.pc = "again"
  /\ w' = [w EXCEPT !.seen = consumed, !.pc = IF Full(consumed) THEN "asleep" ELSE "unarm"]
  /\ UNCHANGED memory /\ WriterOnly
WUnarm ==
  /\ w.pc = "unarm"
  /\ wanting' = FALSE
  /\ WriterGoes("top")
  /\ UNCHANGED <<written, consumed, sleeping, stamp, one, two>> /\ WriterOnly
\* Nothing to do.
WIdle ==
  /\ w.pc = "top" /\ ~Unsent /\ w.flushed = w.n
  /\ WriterGoes("asleep")
  /\ UNCHANGED memory /\ WriterOnly
WWake ==
  /\ w.pc = "asleep" /\ bellW
  /\ bellW' = FALSE
  /\ WriterGoes("top")
  /\ UNCHANGED <<memory, bellR, r, world, published>>

-----------------------------------------------------------------------------
(* Reader: peek, release, flushRoom, arm; sleep; disarm *)

There == stamp[Slot(r.n)] = r.n + 1
ReaderGoes(pc) == r' = [r EXCEPT !.pc = pc]
ReaderOnly == UNCHANGED <<bellR, bellW, w, world, published>>

RPeek ==
  /\ r.pc = "peek"
  /\ ReaderGoes(IF There THEN "one" ELSE IF r.flushed # r.n THEN "flush" ELSE "arm")
  /\ UNCHANGED memory /\ ReaderOnly
ROne ==
  /\ r.pc = "one"
  /\ r' = [r EXCEPT !.one = one[Slot(r.n)], !.pc = "two"]
  /\ UNCHANGED memory /\ ReaderOnly
RTwo ==
  /\ r.pc = "two"
  /\ r' = [r EXCEPT !.two = two[Slot(r.n)], !.pc = "release"]
  /\ UNCHANGED memory /\ ReaderOnly
RRelease ==
  /\ r.pc = "release"
  /\ consumed' = r.n + 1
  /\ r' = [r EXCEPT !.n = @ + 1, !.got = <<r.one, r.two>>, !.one = 0, !.two = 0, !.pc = "peek"]
  /\ UNCHANGED <<written, sleeping, wanting, stamp, one, two>> /\ ReaderOnly

\* flushRoom, after as many messages as it likes
RFlush ==
  /\ r.pc \in {"peek", "flush"} /\ r.flushed # r.n
  /\ consumed' = r.n
  /\ r' = [r EXCEPT !.flushed = r.n, !.pc = "flag"]
  /\ UNCHANGED <<written, sleeping, wanting, stamp, one, two>> /\ ReaderOnly
RFlag ==
  /\ r.pc = "flag"
  /\ ReaderGoes(IF wanting THEN "swap" ELSE "peek")
  /\ UNCHANGED memory /\ ReaderOnly
RSwap ==
  /\ r.pc = "swap"
  /\ wanting' = FALSE
  /\ ReaderGoes(IF wanting THEN "ring" ELSE "peek")
  /\ UNCHANGED <<written, consumed, sleeping, stamp, one, two>> /\ ReaderOnly
RRing ==
  /\ r.pc = "ring"
  /\ bellW' = TRUE
  /\ ReaderGoes("peek")
  /\ UNCHANGED <<memory, bellR, w, world, published>>

\* arm: the flag, and a second look
RArm ==
  /\ r.pc = "arm"
  /\ sleeping' = TRUE
  /\ ReaderGoes("again")
  /\ UNCHANGED <<written, consumed, wanting, stamp, one, two>> /\ ReaderOnly
RAgain ==
  /\ r.pc = "again"
  /\ ReaderGoes(IF There THEN "unarm" ELSE "asleep")
  /\ UNCHANGED memory /\ ReaderOnly
RUnarm ==
  /\ r.pc = "unarm"
  /\ sleeping' = FALSE
  /\ ReaderGoes("peek")
  /\ UNCHANGED <<written, consumed, wanting, stamp, one, two>> /\ ReaderOnly
\* The bell is emptied first, then the flag taken down: what is rung for from now on rings again.
RWake ==
  /\ r.pc = "asleep" /\ bellR
  /\ bellR' = FALSE
  /\ ReaderGoes("unarm")
  /\ UNCHANGED <<memory, bellW, w, world, published>>

-----------------------------------------------------------------------------
(* The world *)

\* One more message to send, for which whoever gives it rings.
Want ==
  /\ todo < MaxMessages
  /\ todo' = todo + 1
  /\ bellW' = TRUE
  /\ UNCHANGED <<memory, bellR, w, r, deaths, published>>

Alive == w.pc \notin {"dead", "buried"}
Die ==
  /\ deaths < MaxDeaths /\ Alive
  /\ deaths' = deaths + 1
  /\ WriterGoes("dead")
  /\ UNCHANGED <<memory, bellR, bellW, r, todo, published>>
\* The supervisor tells the reader, which rings it, and what was sent before is taken first.
Bury ==
  /\ w.pc = "dead"
  /\ bellR' = TRUE
  /\ WriterGoes("buried")
  /\ UNCHANGED <<memory, bellW, r, world, published>>

\* Another writer attaches: it goes on after the last message, which may have a stamp, and not be counted yet.
SCount ==
  /\ w.pc = "buried" /\ Succeeds
  /\ w' = [pc |-> "last", n |-> written, seen |-> written - Capacity, flushed |-> 0]
  /\ UNCHANGED memory /\ WriterOnly
SLast ==
  /\ w.pc = "last"
  /\ LET n == IF stamp[Slot(w.n)] = w.n + 1 THEN w.n + 1 ELSE w.n
     IN  w' = [pc |-> "look", n |-> n, seen |-> n - Capacity, flushed |-> n]
  /\ UNCHANGED memory /\ WriterOnly
SLook ==
  /\ w.pc = "look"
  \* A count that can't be is not believed.
  /\ w' = [w EXCEPT !.pc = "top", !.seen = IF consumed <= w.n THEN consumed ELSE @]
  /\ UNCHANGED memory /\ WriterOnly

WriterStep ==
  \/ WLook \/ WOne \/ WTwo \/ WStamp \/ WCount
  \/ WFlush \/ WFlag \/ WSwap \/ WRing
  \/ WArm \/ WAgain \/ WUnarm \/ WIdle \/ WWake
  \/ SCount \/ SLast \/ SLook
ReaderStep ==
  \/ RPeek \/ ROne \/ RTwo \/ RRelease
  \/ RFlush \/ RFlag \/ RSwap \/ RRing
  \/ RArm \/ RAgain \/ RUnarm \/ RWake

Next == WriterStep \/ ReaderStep \/ Want \/ Die \/ Bury
Spec == Init /\ [][Next]_vars
\* Both processes run on, as long as they can; whether messages come, and writers die, is the world's.
FairSpec == Spec /\ WF_vars(WriterStep) /\ WF_vars(ReaderStep) /\ WF_vars(Bury)

-----------------------------------------------------------------------------
(* Properties *)

TypeOK ==
  /\ written \in 0 .. MaxMessages /\ consumed \in 0 .. MaxMessages
  /\ sleeping \in BOOLEAN /\ wanting \in BOOLEAN /\ bellR \in BOOLEAN /\ bellW \in BOOLEAN
  /\ \A k \in Slots : stamp[k] \in 1 - Capacity .. MaxMessages /\ one[k] \in 0 .. MaxMessages /\ two[k] \in 0 .. MaxMessages
  /\ w.n \in 0 .. todo /\ w.flushed \in 0 .. w.n /\ w.seen \in -Capacity .. MaxMessages
  /\ r.n \in 0 .. published /\ r.flushed \in 0 .. r.n

\* The counts are never wrong by more than what is under way, and what writers that died left uncounted.
Counted == /\ published - written \in 0 .. deaths + 1 /\ published - r.n \in 0 .. Capacity
           /\ consumed = r.n

\* What is read is one whole message, the one that is due.
NeverTorn == /\ r.pc \in {"two", "release"} => r.one = r.n + 1
             /\ r.pc = "release" => r.two = r.n + 1

\* A reader that sleeps while a message is there has been rung, or will be: by the writer, or for it when it has died.
ReaderIsRung ==
  (r.pc = "asleep" /\ ~bellR /\ r.n < published) =>
    \/ w.pc \in {"ring", "dead"}
    \/ sleeping /\ (w.pc \in {"count", "flag", "swap"} \/ (Alive /\ w.flushed # w.n))

\* A writer that sleeps with something to send while there is room has been rung, or will be.
WriterIsRung ==
  (w.pc = "asleep" /\ ~bellW /\ Unsent /\ ~Full(consumed)) =>
    \/ r.pc = "ring"
    \/ wanting /\ (r.pc \in {"flag", "swap"} \/ r.flushed # r.n)

NoLostWakeup == ReaderIsRung /\ WriterIsRung

\* What is published is read …
Delivered == \A n \in 1 .. MaxMessages : (published >= n) ~> (r.n >= n)
\* … and what is to be sent is sent, unless the writer dies.
Sent == \A n \in 1 .. MaxMessages : (todo >= n) ~> (published >= n \/ ~Alive)

\* It is a bounded FIFO channel: published at the stamp, taken at the release.
Lying == [k \in 1 .. published - r.n |-> <<one[Slot(r.n + k - 1)], two[Slot(r.n + k - 1)]>>]
Fifo == INSTANCE Channel WITH queue <- Lying, sent <- published, last <- r.got
IsChannel == Fifo!Spec

-----------------------------------------------------------------------------
(* Designs known to be bad: each replaces one action (Good <- Bad, in model-tests/ring.ts). *)

\* The reader looked just before: it sets the flag and sleeps.
BadSecondLook ==
  /\ r.pc = "again"
  /\ ReaderGoes("asleep")
  /\ UNCHANGED memory /\ ReaderOnly
\* It looks, and sets the flag when there is nothing.
BadFlag ==
  /\ \/ r.pc = "arm" /\ ReaderGoes(IF There THEN "peek" ELSE "late") /\ sleeping' = sleeping
     \/ r.pc = "late" /\ ReaderGoes("asleep") /\ sleeping' = TRUE
  /\ UNCHANGED <<written, consumed, wanting, stamp, one, two>> /\ ReaderOnly
\* It empties its bell before it sleeps, so that an old ring does not wake it.
BadDrain ==
  /\ \/ r.pc = "again" /\ ReaderGoes(IF There THEN "unarm" ELSE "late") /\ bellR' = bellR
     \/ r.pc = "late" /\ ReaderGoes("asleep") /\ bellR' = FALSE
  /\ UNCHANGED <<memory, bellW, w, world, published>>
\* The slot is the reader's as soon as it knows where the message is: it tells the writer, then reads.
BadRelease ==
  /\ \/ r.pc = "one" /\ consumed' = r.n + 1 /\ r' = [r EXCEPT !.pc = "late"]
     \/ r.pc = "late" /\ consumed' = consumed /\ r' = [r EXCEPT !.one = one[Slot(r.n)], !.pc = "two"]
  /\ UNCHANGED <<written, sleeping, wanting, stamp, one, two>> /\ ReaderOnly
\* The stamp is stored before the message.
BadStamp ==
  /\ \/ /\ w.pc = "one" \/ (w.pc = "top" /\ Unsent /\ ~Full(w.seen))
        /\ stamp' = [stamp EXCEPT ![Slot(w.n)] = w.n + 1] /\ published' = published + 1
        /\ WriterGoes("late") /\ UNCHANGED <<one, two>>
     \/ /\ w.pc = "late"
        /\ one' = [one EXCEPT ![Slot(w.n)] = w.n + 1] /\ two' = [two EXCEPT ![Slot(w.n)] = w.n + 1]
        /\ WriterGoes("count") /\ UNCHANGED <<stamp, published>>
  /\ UNCHANGED <<written, consumed, sleeping, wanting, bellR, bellW, r, world>>
\* A writer that found no room asks to be rung, and sleeps.
BadRoom ==
  /\ w.pc = "again"
  /\ WriterGoes("asleep")
  /\ UNCHANGED memory /\ WriterOnly
\* Nobody rings for a writer that died.
BadBurial ==
  /\ w.pc = "dead"
  /\ WriterGoes("buried")
  /\ UNCHANGED <<memory, bellR, bellW, r, world, published>>
\* Its successor believes the count.
BadSuccessor ==
  /\ w.pc = "last"
  /\ w' = [w EXCEPT !.pc = "look", !.flushed = w.n]
  /\ UNCHANGED memory /\ WriterOnly
==============================================================================

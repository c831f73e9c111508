import fc from "fast-check"
import { expect, test } from "vitest"
import { Agenda, Alarm } from "../../src/sim/agenda.ts"

test("events come by time, those of one instant by their number, whenever they were entered", () => {
  const event = fc.record({ time: fc.nat(20), tie: fc.nat(0xffffffff), subject: fc.nat(1000) })
  fc.assert(
    fc.property(
      fc.uniqueArray(event, { maxLength: 200, selector: (x) => x.tie }),
      fc.nat(5),
      (list, early) => {
        // Small, so that it must grow.
        const agenda = new Agenda(2)
        const taken: Array<number> = []
        const first = list.slice(0, early)
        for (const x of list) agenda.add(x.time, x.tie, 1, x.subject)
        for (const _ of first) if (agenda.take()) taken.push(agenda.subject)
        for (const x of first) agenda.add(100 + x.time, x.tie, 2, x.subject)
        while (agenda.take()) taken.push(agenda.subject)
        const order = (x: ReadonlyArray<(typeof list)[number]>) =>
          [...x].sort((a, b) => a.time - b.time || a.tie - b.tie).map((y) => y.subject)
        expect(taken).toEqual([...order(list), ...order(first)])
      },
    ),
  )
})

test("whatever is taken out of turn, the others come in theirs", () => {
  const event = fc.record({ time: fc.nat(20), tie: fc.nat(0xffffffff), kind: fc.nat(3) })
  fc.assert(
    fc.property(
      fc.uniqueArray(event, { maxLength: 60, selector: (x) => x.tie }),
      fc.array(fc.nat(4), { maxLength: 60 }),
      (list, wishes) => {
        const agenda = new Agenda(2)
        list.forEach(({ time, tie, kind }, k) => {
          agenda.add(time, tie, kind, k)
        })
        const left = list.map((x, k) => ({ ...x, k })).sort((a, b) => a.time - b.time || a.tie - b.tie)
        for (const wish of wishes) {
          const at = left.findIndex((x) => x.kind === wish)
          expect(agenda.takeFirst((kind) => kind === wish)).toBe(at >= 0)
          if (at >= 0) expect(agenda.subject).toBe(left.splice(at, 1)[0]!.k)
        }
        for (const { k, time } of left) {
          expect(agenda.take()).toBe(true)
          expect([agenda.subject, agenda.time]).toEqual([k, time])
        }
        expect(agenda.take()).toBe(false)
      },
    ),
  )
})

test("an event at no time is refused", () => {
  expect(() => new Agenda().add(Number.NaN, 0, 0, 0)).toThrow("an event at NaN")
  expect(() => new Agenda().add(Number.POSITIVE_INFINITY, 0, 0, 0)).toThrow("Infinity")
})

const clock = () => {
  const entered: Array<number> = []
  const calendar = { now: 0, at: (time: number) => entered.push(time) }
  const alarm = new Alarm(calendar, 0, 0)
  /** Goes through the events, and says when it rang. */
  const run = (): Array<number> => {
    const rang: Array<number> = []
    while (entered.length > 0) {
      entered.sort((a, b) => a - b)
      calendar.now = entered.shift()!
      if (alarm.rings()) rang.push(calendar.now)
    }
    return rang
  }
  return { alarm, calendar, entered, run }
}

test("an alarm rings once, at the earliest time that it was set to", () => {
  const { alarm, run } = clock()
  for (const time of [50, 80, 30, 40]) alarm.set(time)
  expect(run()).toEqual([30])
  alarm.set(90)
  expect(run()).toEqual([90])
})

test("an alarm that is set again and again to far off times does not fill the agenda", () => {
  const { alarm, calendar, entered, run } = clock()
  alarm.set(1000)
  for (let k = 0; k < 100; k++) {
    calendar.now = k
    alarm.clear()
    alarm.set(1000 + k)
  }
  expect(entered.length).toBe(1)
  expect(run()).toEqual([1099])
})

test("a time that has passed is now", () => {
  const { alarm, calendar, entered } = clock()
  calendar.now = 10
  alarm.set(5)
  expect(entered).toEqual([10])
  expect(alarm.rings()).toBe(true)
})

import fc from "fast-check"
import { expect, test } from "vitest"
import { type Member, Roster } from "../../src/socket/roster.ts"

test("a roster has who has come and not left, once, and nobody else", () => {
  const op = fc.record({ who: fc.integer({ min: 0, max: 9 }), comes: fc.boolean() })
  fc.assert(
    fc.property(fc.array(op), (ops) => {
      const people = Array.from({ length: 10 }, (): Member => ({ place: -1 }))
      const roster = new Roster<Member>()
      const model = new Set<Member>()
      for (const { who, comes } of ops) {
        const x = people[who]!
        if (comes) {
          roster.add(x)
          model.add(x)
        } else expect(roster.delete(x)).toBe(model.delete(x))
        expect(roster.size).toBe(model.size)
        expect(new Set(roster.all())).toEqual(model)
      }
    }),
  )
})

test("all of them may leave while one goes through them", () => {
  const people = Array.from({ length: 5 }, (): Member => ({ place: -1 }))
  const roster = new Roster<Member>()
  for (const x of people) roster.add(x)
  const seen: Array<Member> = []
  for (const x of roster.all()) {
    seen.push(x)
    roster.delete(x)
  }
  expect(seen).toEqual(people)
  expect([roster.size, roster.delete(people[0]!), roster.delete({ place: 3 })]).toEqual([0, false, false])
})

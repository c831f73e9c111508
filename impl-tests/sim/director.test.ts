import { afterEach, describe, expect, test, vi } from "vitest"
import { defaultBalance, type Topology } from "../../src/core/topology.ts"
import { parseLabel } from "../../src/model/paths/label.ts"
import { namesOf } from "../../src/model/paths/recorded.ts"
import { Director } from "../../src/sim/director.ts"
import { loseTimedOut } from "./lose-timed-out.ts"

afterEach(() => {
  vi.restoreAllMocks()
})

const topology: Topology = {
  applications: 1,
  managers: 1,
  transports: 1,
  connections: 1,
  backlog: 2,
  room: 2,
  claimTimeout: 20_000,
  balance: { ...defaultBalance, scheme: "Unfiltered" },
}
const nameOf = namesOf(topology)

/** A line for each wish: what the stack's machines then did. */
const play = (script: string): string => {
  const director = new Director(topology, nameOf)
  const lines = script
    .trim()
    .split("\n")
    .map((line) => {
      const wish = parseLabel(line.trim())
      const done = director.wish(wish)
      const names = director.steps().map(nameOf)
      return [done ? wish.text : `(${wish.text})`, ...names.filter((x) => x !== wish.text)].join(" · ")
    })
  director.end()
  return lines.join("\n")
}

const LISTENING = `
  Attach(0)
  ReceiveAttach(0, 0)
  ReceiveAttached(0, 0)
  Register(0)
  ReceiveAcceptConnection(0, 0)`
const ANNOUNCED = `${LISTENING}
  Syn(0, 0, 0, "Assigned")
  ReceiveAssign(0, 0, "Done")
  Established(0, 0, "Announced")`
const wishes = (script: string) => script.trim().replace(/^ +/gm, "")

describe("a script decides what happens next in a whole stack", () => {
  test.each([
    [
      "a claim timer that fires before the claim is sent, and the connection given to the same process again",
      `${ANNOUNCED}
      ReceiveAvailable(0, 0)
      ClaimTimeout(0, 0)
      Claim(0)
      ReceiveAcceptorTimedOut(0, 0)
      ReceiveClaim(0, 0, "TimedOut")
      ReceiveTimedOut(0, 0)
      Register(0)`,
    ],
    [
      "a client that goes before it is told of",
      `${ANNOUNCED}
      Gone(0, 0, "Done")
      ReceiveAvailable(0, 0)
      Claim(0)
      ReceiveConnectionClosed(0, 0)
      ReceiveClaim(0, 0, "TimedOut")`,
    ],
    [
      "a death with the claim under way",
      `${ANNOUNCED}
      ReceiveAvailable(0, 0)
      Claim(0)
      Die(0)
      ManagerReceiveDetach(0, 0)`,
    ],
    [
      "a listener closed while its connection lives",
      `${ANNOUNCED}
      ReceiveAvailable(0, 0)
      Claim(0)
      ReceiveClaim(0, 0, "Claimed")
      CloseListener(0)
      ManagerReceiveDetach(0, 0)
      ReceiveClaimed(0, 0)
      Gone(0, 0, "Served")
      ReceiveServiceTime(0, 0)`,
    ],
    [
      "a SYN that the wire doubles before the transport has heard of the first",
      `${LISTENING}
      Syn(0, 0, 0, "Assigned")
      Syn(0, 0, "Known")`,
    ],
  ])("%s", (_what, script) => {
    expect(play(script).replace(/ · .*$/gm, "")).toBe(wishes(script))
  })

  test("what a server does in one turn is not told apart: a reset finds the connection gone", () => {
    const script = `${ANNOUNCED}
      CloseListener(0)
      ManagerReceiveDetach(0, 0)
      ClaimTimeout(0, 0)
      ReceiveAcceptorTimedOut(0, 0)
      Gone(0, 0, "Done")`
    expect(play(script).split("\n").slice(-2)).toEqual([
      "ReceiveAcceptorTimedOut(0, 0) · ResetWaiting(0)",
      'Gone(0, 0, "Done") · ReceiveReset(0, 0, "Ignored")',
    ])
  })

  test("what can't be had is said, and changes nothing", () => {
    expect(
      play(`${LISTENING}\nClaim(0)\nGone(0, 0, "Done")\nSyn(0, 0, "Known")`).split("\n").slice(-3),
    ).toEqual(["(Claim(0))", '(Gone(0, 0, "Done"))', '(Syn(0, 0, "Known"))'])
  })

  test("what is wrong with a server is seen at the step", () => {
    loseTimedOut()
    const script = `${ANNOUNCED}
      Gone(0, 0, "Done")
      ReceiveAvailable(0, 0)
      Claim(0)
      ReceiveClaim(0, 0, "TimedOut")`
    expect(() => play(script)).toThrow(/TimedOut|OneAnswer/)
  })
})

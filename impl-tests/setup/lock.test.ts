import { spawn } from "node:child_process"
import { once } from "node:events"
import { describe, expect, it, onTestFinished } from "vitest"
import { projectRoot } from "../../src/setup/files.mjs"
import { withLock } from "../../src/setup/lock.mjs"
import { scratch } from "./scratch.ts"

/** Another process that holds the lock and says so, until it is ended. */
async function holder(root: string) {
  const program = `
    import { withLock } from ${JSON.stringify(`${projectRoot}/src/setup/lock.mjs`)}
    await withLock(${JSON.stringify(root)}, () => new Promise(() => {
      console.log("held")
      setInterval(() => {}, 1000)
    }))`
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  onTestFinished(() => {
    child.kill("SIGKILL")
  })
  await once(child.stdout, "data")
  return child
}

describe("the set-up lock", () => {
  it("lets one body run at a time", async () => {
    const root = scratch()
    let inside = 0
    let most = 0
    const body = async () => {
      inside++
      most = Math.max(most, inside)
      await new Promise((resolve) => setImmediate(resolve))
      inside--
    }
    await Promise.all(Array.from({ length: 5 }, () => withLock(root, body)))
    expect(most).toBe(1)
  })

  it("is another one for another root", async () => {
    await withLock(scratch(), () => withLock(scratch(), async () => {}))
  })

  it("is let go when the body throws", async () => {
    const root = scratch()
    await expect(withLock(root, () => Promise.reject(new Error("no")))).rejects.toThrow("no")
    expect(await withLock(root, async () => 1)).toBe(1)
  })

  it("waits for another process, and survives its being killed", async () => {
    const root = scratch()
    const other = await holder(root)
    let waiting = () => {}
    const waits = new Promise<void>((resolve) => {
      waiting = resolve
    })
    let ran = false
    const mine = withLock(
      root,
      async () => {
        ran = true
      },
      () => waiting(),
    )
    await waits
    expect(ran).toBe(false)
    other.kill("SIGKILL")
    await mine
    expect(ran).toBe(true)
  })
})

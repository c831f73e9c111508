/** A kernel client's requests to the demo web server on a running stack: what every driver must serve. */
import { createHash } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect } from "vitest"
import { byteAt } from "../../src/cli/demo.ts"
import { start } from "./pika.ts"

const BULK = 4 << 20

const bulk = (): Buffer => {
  const bytes = Buffer.allocUnsafe(BULK)
  for (let k = 0; k < BULK; k++) bytes[k] = byteAt(k)
  return bytes
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex")

export type Inside = (argv: ReadonlyArray<string>) => ReadonlyArray<string>

/** Runs one command to its end; answers what it said. */
export const output = async (argv: ReadonlyArray<string>): Promise<string> => {
  const run = start(argv)
  const code = await run.exit
  if (code !== 0) throw new Error(`${argv.join(" ")}: ${code} ${run.text()}`)
  return run.text()
}

/** A page, 400 short requests, 4 MiB down and 4 MiB there and back, checksummed. */
export const expectServed = async (inside: Inside, address: string, folder: string): Promise<void> => {
  const url = `http://${address}`
  const curl = (...args: ReadonlyArray<string>) =>
    output(inside(["curl", "-sS", "--max-time", "30", ...args]))
  expect(await curl(`${url}/`)).toBe("PIKA")
  const load = await output(inside(["ab", "-q", "-c", "16", "-n", "400", `${url}/`]))
  expect(load).toMatch(/Complete requests:\s+400\n/)
  expect(load).toMatch(/Failed requests:\s+0\n/)
  const file = join(folder, "bulk")
  writeFileSync(file, bulk())
  const hash = sha256(bulk())
  const hashed = (...args: ReadonlyArray<string>) =>
    output(inside(["sh", "-c", `curl -sS --max-time 30 "$@" | sha256sum`, "sh", ...args]))
  expect(await hashed(`${url}/bytes/${BULK}`)).toContain(hash)
  expect(await hashed("-X", "POST", "-H", "Expect:", "--data-binary", `@${file}`, `${url}/echo`)).toContain(
    hash,
  )
}

/** `pika doctor`: what this machine offers, what is missing and how to get it. */

import { cpus, totalmem } from "node:os"
import { parseArgs } from "node:util"
import { findCommand, run } from "../setup/command.mjs"
import { benchNeeds, installCommand, missingPackages, systemNeeds } from "../setup/debian.mjs"
import { SetupError } from "../setup/errors.mjs"
import { projectRoot } from "../setup/files.mjs"
import { nodeBinary } from "../setup/node.mjs"
import { staleSteps, steps } from "../setup/setup.mjs"
import { locateTlc } from "../setup/tlc.mjs"
import { type DriverReport, probeDrivers, probePrivileges } from "./drivers.ts"

export interface Finding {
  readonly name: string
  readonly ok: boolean
  /** Whether the default `npm start` can't run without it. */
  readonly needed: boolean
  /** What is there, or why it isn't. */
  readonly detail: string
  /** How to get it, where it is missing. */
  readonly remedy?: string
}

export interface Diagnosis {
  /** Whether the default `npm start` can run here. */
  readonly ready: boolean
  readonly findings: readonly Finding[]
}

const allNeeds = [...systemNeeds, ...benchNeeds]

export const usage = "usage: pika doctor [--json]\n"

/**
 * Prints the diagnosis, as text or with `--json` as JSON.
 * @param args the command line after `doctor`
 * @returns exit code: 0 the default `npm start` can run, 1 something that it needs is missing, 2 bad arguments
 */
export async function doctor(args: readonly string[] = process.argv.slice(3)): Promise<number> {
  let json: boolean
  try {
    const { values } = parseArgs({ args: [...args], options: { json: { type: "boolean", default: false } } })
    json = values.json
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    return 2
  }
  const diagnosis = await diagnose(projectRoot)
  process.stdout.write(json ? `${JSON.stringify(diagnosis, undefined, 2)}\n` : textOf(diagnosis))
  return diagnosis.ready ? 0 : 1
}

/** Looks at everything; changes nothing. */
export async function diagnose(root: string, env: NodeJS.ProcessEnv = process.env): Promise<Diagnosis> {
  const privileges = await probePrivileges(env)
  const drivers = await probeDrivers(privileges)
  const findings = [
    machine(),
    {
      name: "privileges",
      ok: privileges.namespaces,
      needed: true,
      detail: `${privileges.root ? "root" : "not root"}; ${privileges.detail}`,
      ...(privileges.namespaces ? {} : { remedy: privileges.remedy }),
    },
    ...drivers.map((driver) => driverFinding(driver, drivers)),
    nodeFinding(root),
    await javaFinding(env),
    tlcFinding(root, env),
    ...builtFindings(root),
    ...commandFindings(root, env),
  ]
  return { ready: findings.every((finding) => finding.ok || !finding.needed), findings }
}

function machine(): Finding {
  const cores = cpus()
  const memory = (totalmem() / 2 ** 30).toFixed(1)
  return {
    name: "machine",
    ok: true,
    needed: true,
    detail: `${cores.length} cores (${cores[0]?.model.trim() ?? "unknown"}), ${memory} GiB of memory, ${process.arch}`,
  }
}

/** The Linux host of `npm start` hangs on a TAP, or else on AF_PACKET. */
const forStart: ReadonlySet<DriverReport["name"]> = new Set(["tap", "packet"])

function driverFinding(driver: DriverReport, all: ReadonlyArray<DriverReport>): Finding {
  return {
    name: `driver ${driver.name}`,
    ok: driver.available,
    needed: forStart.has(driver.name) && !all.some((x) => forStart.has(x.name) && x.available),
    detail: driver.detail,
    ...(driver.remedy === undefined ? {} : { remedy: driver.remedy }),
  }
}

function nodeFinding(root: string): Finding {
  const binary = nodeBinary(root)
  return binary === undefined
    ? { name: "Node 24", ok: false, needed: true, detail: "not found", remedy: "npm start brings it" }
    : { name: "Node 24", ok: true, needed: true, detail: `${process.version}, ${binary}` }
}

async function javaFinding(env: NodeJS.ProcessEnv): Promise<Finding> {
  const remedy = installCommand(["default-jdk-headless"])
  const java = findCommand("java", env)
  if (java === undefined) return { name: "Java", ok: false, needed: true, detail: "java not found", remedy }
  const { code, stderr } = await run(java, ["-version"], { env, timeoutMs: 20_000 })
  const detail = stderr.split("\n").find((line) => line.includes("version")) ?? `exit code ${code}`
  return { name: "Java", ok: code === 0, needed: true, detail, ...(code === 0 ? {} : { remedy }) }
}

function tlcFinding(root: string, env: NodeJS.ProcessEnv): Finding {
  try {
    const tlc = locateTlc(root, env)
    if (tlc !== undefined) {
      return { name: "TLC", ok: true, needed: true, detail: `${tlc.jar} (${tlc.origin})` }
    }
    const remedy = "npm start fetches it, or name a tla2tools.jar by PIKA_TLC_JAR"
    return { name: "TLC", ok: false, needed: true, detail: "not fetched yet", remedy }
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    return { name: "TLC", ok: false, needed: true, detail: error.what, remedy: error.remedy }
  }
}

/** What the set-up builds here. Stale is not missing, but says what the next `npm start` will do first. */
function builtFindings(root: string): Finding[] {
  const built = (["packages", "native", "java"] as const).map((name): Finding => {
    const fresh = isFresh(root, name)
    const title = steps[name].title
    return {
      name: title,
      ok: fresh,
      needed: true,
      detail: fresh ? "up to date" : "missing or out of date",
      ...(fresh ? {} : { remedy: "npm start brings it" }),
    }
  })
  return built
}

function isFresh(root: string, name: "packages" | "native" | "java"): boolean {
  try {
    return staleSteps(root, [name]).length === 0
  } catch (error) {
    if (error instanceof SetupError) return false
    throw error
  }
}

function commandFindings(root: string, env: NodeJS.ProcessEnv): Finding[] {
  const missing = new Map(missingNeeds(root, env).map((need) => [need.package, need]))
  return allNeeds.map((need): Finding => {
    const lack = missing.get(need.package)
    const things = [...need.commands, ...(need.files ?? [])]
    const name = need.commands.join(", ") || need.package
    if (lack === undefined) {
      const where = things.map((thing) => findCommand(thing, env) ?? thing).join(" ")
      return { name, ok: true, needed: need.required === true, detail: where }
    }
    const detail = `${lack.missing.join(", ")} not found: ${need.why}`
    return { name, ok: false, needed: lack.required, detail, remedy: installCommand([need.package]) }
  })
}

/** A wrong PIKA_TLC_JAR is reported once, as TLC's finding; Maven then counts as not needed. */
function missingNeeds(root: string, env: NodeJS.ProcessEnv) {
  try {
    return missingPackages(root, env, allNeeds)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    return missingPackages(root, { ...env, PIKA_TLC_JAR: "" }, allNeeds)
  }
}

/** One line for each finding, its remedy below it, the verdict last. */
export function textOf({ ready, findings }: Diagnosis): string {
  const width = Math.max(...findings.map(({ name }) => name.length))
  const lines = findings.flatMap(({ name, ok, needed, detail, remedy }) => {
    const mark = ok ? "ok     " : needed ? "MISSING" : "absent "
    const line = `${mark}  ${name.padEnd(width)}  ${detail}`
    return ok || remedy === undefined ? [line] : [line, `${" ".repeat(width + 11)}→ ${remedy}`]
  })
  const verdict = ready ? "npm start can run here" : "npm start can't run here yet: see MISSING above"
  return `${[...lines, "", verdict].join("\n")}\n`
}

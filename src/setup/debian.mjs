import { existsSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { findCommand, outputOf, run } from "./command.mjs"
import { SetupError } from "./errors.mjs"
import { digest, readIfThere, writeAtomically } from "./files.mjs"
import { locateTlc } from "./tlc.mjs"

/**
 * One thing the project needs from the system: present when its commands are on the search path and its files exist.
 * @typedef {{
 *   package: string, commands: readonly string[], files?: readonly string[],
 *   why: string, required: boolean | ((root: string, env: NodeJS.ProcessEnv) => boolean)
 * }} SystemNeed
 */

/**
 * Maven fetches TLC once; nothing else needs it.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} env
 */
function tlcIsToFetch(root, env) {
  return locateTlc(root, env) === undefined
}

/** @type {readonly SystemNeed[]} */
export const systemNeeds = [
  { package: "gcc", commands: ["gcc"], why: "builds the native addon", required: true },
  {
    package: "libc6-dev",
    commands: [],
    files: ["/usr/include/stdio.h"],
    why: "the addon's C headers",
    required: true,
  },
  { package: "iproute2", commands: ["ip", "tc"], why: "interfaces and netem in the tests", required: true },
  { package: "curl", commands: ["curl"], why: "a kernel client", required: true },
  { package: "apache2-utils", commands: ["ab"], why: "the load: ab", required: true },
  { package: "default-jdk-headless", commands: ["java", "javac"], why: "runs TLC", required: true },
  { package: "maven", commands: ["mvn"], why: "fetches TLC", required: tlcIsToFetch },
  {
    package: "ethtool",
    commands: ["ethtool"],
    why: "checksum offload of existing interfaces",
    required: false,
  },
  {
    package: "parallel",
    commands: ["parallel"],
    why: "spreads the jobs of experiments in the tests",
    required: false,
  },
]

/**
 * What only `pika bench` asks for, and installs where it may. The set-up leaves it alone.
 * @type {readonly SystemNeed[]}
 */
export const benchNeeds = [
  { package: "nginx", commands: ["nginx"], why: "the bench's comparison", required: false },
]

/**
 * What only `pika calibrate --caches` asks for.
 * @type {readonly SystemNeed[]}
 */
export const cacheNeeds = [
  {
    package: "valgrind",
    commands: ["valgrind"],
    why: "cache misses, counted by Cachegrind",
    required: false,
  },
]

/** Debian's own word against services that start when they are installed (invoke-rc.d(8)). */
const servicePolicy = "/usr/sbin/policy-rc.d"

/**
 * Runs `action` while no installed service is started. A policy that is there already stays, and is obeyed.
 * @template T
 * @param {() => Promise<T>} action
 * @param {string} [path]
 */
export async function withoutServices(action, path = servicePolicy) {
  if (existsSync(path)) return action()
  writeFileSync(path, "#!/bin/sh\nexit 101\n", { mode: 0o755, flag: "wx" })
  try {
    return await action()
  } finally {
    rmSync(path, { force: true })
  }
}

/**
 * Installs what the bench's comparisons lack where it may, starting no service.
 * @param {string} root
 * @param {(line: string) => void} say
 * @param {boolean} mayInstall whether the caller allows installing at all
 * @param {readonly SystemNeed[]} [needs]
 * @returns {Promise<string | undefined>} the command that brings what is still missing
 */
export async function ensureBenchNeeds(
  root,
  say,
  mayInstall,
  needs = [...benchNeeds, ...systemNeeds.filter((need) => need.commands.includes("ab"))],
) {
  const names = () => missingPackages(root, process.env, needs).map((need) => need.package)
  const missing = names()
  if (missing.length > 0 && mayInstall && canInstall()) {
    say(`installing Debian packages as root: ${missing.join(" ")}`)
    const failure = await withoutServices(() => installPackages(missing))
    if (failure !== undefined) say(failure)
  }
  const still = names()
  return still.length === 0 ? undefined : installCommand(still)
}

/**
 * What is missing here.
 * @param {string} root
 * @param {NodeJS.ProcessEnv} [env]
 * @param {readonly SystemNeed[]} [needs]
 * @returns {{package: string, why: string, required: boolean, missing: string[]}[]}
 */
export function missingPackages(root, env = process.env, needs = systemNeeds) {
  return needs.flatMap((need) => {
    const commands = need.commands.filter((name) => findCommand(name, env) === undefined)
    const files = (need.files ?? []).filter((path) => !existsSync(path))
    const missing = [...commands, ...files]
    if (missing.length === 0) return []
    const required = typeof need.required === "boolean" ? need.required : need.required(root, env)
    return [{ package: need.package, why: need.why, required, missing }]
  })
}

/**
 * The one command that brings the packages.
 * @param {readonly string[]} packages
 */
export function installCommand(packages) {
  const sudo = process.getuid?.() === 0 ? "" : "sudo "
  return `${sudo}apt-get update && ${sudo}apt-get install --no-install-recommends -y ${packages.join(" ")}`
}

/** Whether this process can install Debian packages. */
export function canInstall() {
  return process.getuid?.() === 0 && existsSync("/etc/debian_version") && findCommand("apt-get") !== undefined
}

/**
 * Whether there is nothing to do or say: all is there, or what is missing is optional and was already said or tried.
 * @param {string} root
 */
export function systemIsFresh(root) {
  const missing = missingPackages(root)
  if (missing.length === 0) return true
  if (missing.some((need) => need.required)) return false
  return readIfThere(triedPath(root)) === triedKey(missing)
}

/** @param {string} root */
function triedPath(root) {
  return join(root, ".cache", "system-packages-tried")
}

/** @param {readonly {package: string}[]} missing */
function triedKey(missing) {
  return digest(missing.map((need) => need.package))
}

/**
 * Installs what is missing where it may, otherwise says how to.
 * @param {string} root
 * @param {(line: string) => void} say
 * @param {boolean} mayInstall whether the caller allows installing at all
 */
export async function ensureSystem(root, say, mayInstall) {
  let missing = missingPackages(root)
  if (missing.length > 0 && mayInstall && canInstall()) {
    say(`installing Debian packages as root: ${missing.map((need) => need.package).join(" ")}`)
    const failure = await installPackages(missing.map((need) => need.package))
    missing = missingPackages(root)
    if (failure !== undefined) say(failure)
  }
  if (missing.length === 0) return
  const command = installCommand(missing.map((need) => need.package))
  const list = missing
    .map(
      (need) =>
        `  ${need.required ? "needed  " : "optional"} ${need.package}: ${need.why} (${need.missing.join(", ")} not found)`,
    )
    .join("\n")
  if (missing.some((need) => need.required))
    throw new SetupError(`system packages are missing:\n${list}`, command)
  say(`optional system packages are missing:\n${list}\n  ${command}`)
  writeAtomically(triedPath(root), triedKey(missing))
}

/**
 * @param {readonly string[]} packages
 * @returns {Promise<string | undefined>} what failed
 */
async function installPackages(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
  const update = await run("apt-get", ["update", "-q"], { env })
  const install = await run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...packages], {
    env,
  })
  // Without network an update fails but an install from the cache may still do.
  if (install.code === 0) return undefined
  return `apt-get install failed: ${outputOf(install)}${update.code === 0 ? "" : `\napt-get update: ${outputOf(update)}`}`
}

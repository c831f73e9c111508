/** How Java is called with TLC and our classes. */
import { delimiter } from "node:path"
import { Data } from "effect"
import { findCommand } from "../setup/command.mjs"
import { projectRoot } from "../setup/files.mjs"
import { javaArchive, javaJar } from "../setup/java.mjs"
import { locateTlc } from "../setup/tlc.mjs"

/** TLC can't be run here at all. */
export class TlcUnavailable extends Data.TaggedError("TlcUnavailable")<{
  readonly message: string
  readonly remedy: string
}> {}

export interface JavaLine {
  readonly java: string
  readonly args: ReadonlyArray<string>
}

export const javaLine = (
  vm: {
    readonly main: string
    /** MiB. */
    readonly heap: number
    /** That work at once. */
    readonly threads: number
    readonly brief: boolean
    readonly properties: Readonly<Record<string, string>>
  },
  args: ReadonlyArray<string>,
): JavaLine | TlcUnavailable => {
  const java = findCommand("java")
  if (java === undefined) {
    return new TlcUnavailable({
      message: "java is not on the PATH",
      remedy: "install a JDK (Debian: default-jdk-headless)",
    })
  }
  const tlc = locateTlc(projectRoot)
  if (tlc === undefined) {
    return new TlcUnavailable({
      message: "TLC is not here yet",
      remedy: "npm start fetches it; or name a tla2tools.jar by PIKA_TLC_JAR",
    })
  }
  const archive = javaArchive(projectRoot)
  const options = [
    vm.threads === 1 ? "-XX:+UseSerialGC" : "-XX:+UseParallelGC",
    `-Xmx${vm.heap}m`,
    // Module text and deep values are parsed recursively.
    "-Xss16m",
    // Out of memory, TLC may crawl on for hours.
    "-XX:+ExitOnOutOfMemoryError",
    ...(vm.brief ? ["-XX:TieredStopAtLevel=1"] : []),
    ...Object.entries(vm.properties).map(([name, value]) => `-D${name}=${value}`),
    // A quarter of a start; one that is out of date is passed over in silence.
    ...(archive === undefined ? [] : [`-XX:SharedArchiveFile=${archive}`, "-Xshare:auto", "-Xlog:cds*=off"]),
    "-cp",
    [javaJar(projectRoot), tlc.jar].join(delimiter),
    vm.main,
  ]
  return { java, args: [...options, ...args] }
}

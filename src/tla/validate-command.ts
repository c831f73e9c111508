/** `pika validate`. */
import { reportOf } from "./report.ts"
import { validateTrace } from "./validate.ts"

/** `pika validate FILE`: 0 accepted, 1 rejected, 2 unusable. */
export const validateCommand = async (args: ReadonlyArray<string>): Promise<number> => {
  const path = args[0]
  if (path === undefined || args.length !== 1) {
    process.stderr.write("usage: pika validate FILE\n")
    return 2
  }
  const result = await validateTrace(path)
  switch (result._tag) {
    case "Accepted": {
      const ports = `port${result.ports.length === 1 ? "" : "s"} ${result.ports.join(", ")}`
      process.stdout.write(
        `accepted: ${result.events} events (${ports}), every one a step of the specification\n`,
      )
      return 0
    }
    case "Rejected":
      process.stdout.write(await reportOf(path, result))
      return 1
    case "Unusable":
      process.stderr.write(`unusable: ${path}: ${result.why}\n`)
      return 2
    default:
      return result satisfies never
  }
}

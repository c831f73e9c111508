/** @typedef {import("./setup.mjs").StepName} StepName */

/** What any subcommand needs to run at all. @type {readonly StepName[]} */
const base = ["packages", "node"]

/**
 * The set-up steps that a `pika` subcommand needs. What only the default run needs (system packages) is brought
 * by `npm start` and `npm test`, which may install; `doctor` reports it.
 * @param {string | undefined} subcommand
 * @returns {readonly StepName[]}
 */
export function stepsOf(subcommand) {
  switch (subcommand) {
    case "up":
    case "serve":
    case "bench":
      return [...base, "native"]
    case "check":
    case "validate":
      return [...base, "tlc", "java"]
    case "start":
      return [...base, "native", "tlc", "java"]
    default:
      return base
  }
}

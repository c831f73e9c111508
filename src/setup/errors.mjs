/** What stops a set-up step: what went wrong, and what to do about it. Shown to people, never retried silently. */
export class SetupError extends Error {
  /**
   * @param {string} what one sentence: what is missing or failed
   * @param {string} remedy one sentence or command that mends it
   * @param {{cause?: unknown}} [options]
   */
  constructor(what, remedy, options) {
    super(`${what}\n  remedy: ${remedy}`, options)
    this.name = "SetupError"
    this.what = what
    this.remedy = remedy
  }
}

/** Longer than any test or hook may take by vitest.config.ts: only a loop that never yields outlasts it. */
const defaultSilenceMs = 8 * 60_000
/** How often it looks, in each such span. */
const looks = 10

/**
 * A Vitest reporter that ends a run in which nothing ends any more, naming the files that were running. Vitest's own
 * time limits live inside the worker, where a loop that never yields keeps them from ever firing.
 */
export default class StuckReporter {
  /** Files under way, by id. @type {Map<string, string>} */
  #running = new Map()
  #heardAt = 0
  /** @type {NodeJS.Timeout | undefined} */
  #timer

  /**
   * @param {object} [options]
   * @param {number} [options.silenceMs] how long no test may end; PIKA_TEST_SILENCE_MS otherwise
   * @param {() => number} [options.now] milliseconds of a clock that only goes forward
   * @param {(files: readonly string[]) => void} [options.end] ends the run
   */
  constructor({
    silenceMs = Number(process.env.PIKA_TEST_SILENCE_MS ?? defaultSilenceMs),
    now = () => performance.now(),
    end = endRun,
  } = {}) {
    this.silenceMs = silenceMs
    this.now = now
    this.end = end
  }

  onTestRunStart() {
    this.#heardAt = this.now()
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.look(), this.silenceMs / looks).unref()
  }

  onTestRunEnd() {
    clearInterval(this.#timer)
  }

  /** @param {{moduleId: string, relativeModuleId: string}} module */
  onTestModuleQueued(module) {
    this.#heardAt = this.now()
    this.#running.set(module.moduleId, module.relativeModuleId)
  }

  onTestCaseResult() {
    this.#heardAt = this.now()
  }

  /** @param {{moduleId: string}} module */
  onTestModuleEnd(module) {
    this.#heardAt = this.now()
    this.#running.delete(module.moduleId)
  }

  /** Ends the run if files are under way and nothing was heard of them for too long. */
  look() {
    if (this.#running.size === 0 || this.now() - this.#heardAt < this.silenceMs) return
    clearInterval(this.#timer)
    this.end([...this.#running.values()].sort())
  }
}

/** Vitest's watchdog takes the workers down with this process. @param {readonly string[]} files */
function endRun(files) {
  process.stderr.write(`stuck, no test ended for too long in: ${files.join(", ")}\n`)
  process.exit(1)
}

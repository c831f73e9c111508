/** One line on a terminal that says how far a long run is. */
import type { TlcProgress } from "../../tla/messages.ts"

/** Where the line is written, if that is a terminal: `process.stderr`. */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** A run that is over before that shows nothing, s. */
const LONG = 2
const CLEAR = "\r\u001b[K"

const millions = (x: number): string => (x >= 1e6 ? `${(x / 1e6).toFixed(2)}M` : x.toLocaleString("en"))

export const progressText = (name: string, progress: TlcProgress): string => {
  const { seconds, distinct, generated, queued, depth, distinctPerMinute } = progress
  return (
    `${name}: ${millions(distinct)} states (${millions(generated)} generated, ${millions(queued)} queued), ` +
    `depth ${depth}, ${millions(distinctPerMinute)}/min, ${Math.round(seconds)} s`
  )
}

/** Shows progress while a run goes on; `clear` takes the line away. */
export const progressLine = (terminal: Terminal) => {
  let shown = false
  return {
    show: (name: string, progress: TlcProgress): void => {
      if (terminal.isTTY !== true || progress.seconds < LONG) return
      shown = true
      terminal.write(`${CLEAR}${progressText(name, progress).slice(0, (terminal.columns ?? 80) - 1)}`)
    },
    clear: (): void => {
      if (shown) terminal.write(CLEAR)
      shown = false
    },
  }
}

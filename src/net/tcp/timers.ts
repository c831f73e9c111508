import type { TcpCore } from "./core.ts"
import { T_DELACK, T_LIFE, T_REO, T_RTX } from "./layout.ts"

/** Sets one of a connection's timers; `field` is T_RTX, T_DELACK, T_REO or T_LIFE. */
export function arm(s: TcpCore, b: number, field: number, deadline: number): void {
  s.times[(b + field) >> 1] = deadline
  s.wheel.schedule(b, deadline)
}

/** The wheel's entry stays and is looked at in vain once. */
export function disarm(s: TcpCore, b: number, field: number): void {
  s.times[(b + field) >> 1] = Number.POSITIVE_INFINITY
}

export function isArmed(s: TcpCore, b: number, field: number): boolean {
  return s.times[(b + field) >> 1] !== Number.POSITIVE_INFINITY
}

/** The earliest of a connection's deadlines. */
export function earliest(s: TcpCore, b: number): number {
  const t = s.times
  const first = Math.min(t[(b + T_RTX) >> 1]!, t[(b + T_DELACK) >> 1]!)
  return Math.min(first, t[(b + T_REO) >> 1]!, t[(b + T_LIFE) >> 1]!)
}

/** What the user who runs the tests may do. */
import { accessSync, constants } from "node:fs"

export const root = process.getuid?.() === 0

/** Whether TAPs may be opened. */
export const tapAllowed = (() => {
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
})()

/** Errors with the fields that `node:net`'s have. */
import { constants } from "node:os"

/** As Node reports a failed call of the system: `read ECONNRESET` with code, errno and syscall. */
export const systemError = (
  code: string,
  syscall: string,
  detail = "",
  fields: Readonly<Record<string, unknown>> = {},
): NodeJS.ErrnoException => {
  const number = (constants.errno as Readonly<Record<string, number>>)[code]
  const message = `${syscall} ${code}${detail === "" ? "" : `: ${detail}`}`
  return Object.assign(new Error(message), {
    code,
    errno: number === undefined ? undefined : -number,
    syscall,
    ...fields,
  })
}

/** As Node reports a wrong call of its own: `ERR_SERVER_NOT_RUNNING` and the like. */
export const nodeError = (
  code: string,
  message: string,
  Kind: new (message: string) => Error = Error,
): Error => Object.assign(new Kind(message), { code })

/** Runs what is a user's; what it throws is reported as any uncaught error is, and disturbs nothing here. */
export const apart = (call: () => void): void => {
  try {
    call()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}

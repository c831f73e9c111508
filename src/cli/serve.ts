/** Starts processes of the demo web server on a running stack. */
import { type ChildProcess, spawn } from "node:child_process"
import { addonPath, bundle } from "../runtime/bundle.ts"

export interface DemoServers {
  readonly processes: ReadonlyArray<ChildProcess>
  /** Resolves when all processes have ended, asked to or not. */
  readonly ended: Promise<void>
  /** Connections and requests that each process has served. */
  counts(): Promise<ReadonlyArray<{ readonly connections: number; readonly requests: number }>>
  stop(): Promise<void>
}

const answer = (child: ChildProcess): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    const gone = () => reject(new Error(`process ${child.pid} of the demo web server ended`))
    child.once("exit", gone)
    child.once("message", (message) => {
      child.off("exit", gone)
      resolve(message as Record<string, unknown>)
    })
  })

export const startDemo = async (socket: string, port: number, count: number): Promise<DemoServers> => {
  const program = await bundle("cli/demo-main.ts")
  const env = { ...process.env, PIKA_SOCKET: socket, PIKA_PORT: String(port), PIKA_ADDON: addonPath }
  const processes = Array.from({ length: count }, () =>
    spawn(process.execPath, [program], { stdio: ["ignore", "inherit", "inherit", "ipc"], env }),
  )
  await Promise.all(processes.map(answer))
  const exits = processes.map((child) => new Promise<void>((resolve) => child.once("exit", () => resolve())))
  return {
    processes,
    ended: Promise.all(exits).then(() => undefined),
    counts: () =>
      Promise.all(
        processes.map(async (child) => {
          if (!child.connected) return { connections: 0, requests: 0 }
          const answered = answer(child)
          child.send("counts")
          return (await answered) as { connections: number; requests: number }
        }),
      ),
    stop: async () => {
      await Promise.all(
        processes.map(
          (child) =>
            new Promise<void>((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve()
              child.once("exit", () => resolve())
              if (child.connected) child.disconnect()
              else child.kill()
            }),
        ),
      )
    },
  }
}

/** The web servers on the kernel that ours is compared with, in a network namespace of their own beside the client's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { handle } from "../../cli/demo.ts"
import { findCommand } from "../../setup/command.mjs"
import { CannotMeasure } from "../errors.ts"
import { runToEnd, type Started, start } from "./children.ts"
import { type Inside, insideOf } from "./stack.ts"

/** What the program of measures is called with to be Node's own `http` server: NODE_HTTP ADDRESS PORT. */
export const NODE_HTTP = "node-http"

/** The demo web server of `pika serve`, on the kernel; ends with its standard input. */
export const serveNodeHttp = (address: string, port: number): void => {
  // SO_REUSEPORT: several processes share the port, as ours do.
  createServer(handle).listen({ host: address, port, reusePort: true }, () =>
    process.stdout.write("listening\n"),
  )
  process.stdin.resume().once("end", () => process.exit(0))
}

export interface Rivals {
  readonly node: string
  readonly nginx: string
  stop(): Promise<void>
}

const ADDRESS = "10.98.0.2"
const NODE_PORT = 8081
const NGINX_PORT = 8080

/** The same 4-byte page from memory; no log, no limit of requests on a connection. */
const nginxConfiguration = (folder: string, workers: number, unprivileged: boolean): string => `
${unprivileged ? "user root root;" : ""}daemon off;
worker_processes ${workers};
pid ${folder}/pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 1000000;
  default_type text/plain;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server { listen ${ADDRESS}:${NGINX_PORT} reuseport; location / { return 200 "PIKA"; } }
}
`

/** A network namespace of its own under the client's, held by a shell until its standard input ends. */
const openNamespace = async (
  client: Inside,
): Promise<{ readonly holder: Started; readonly inside: Inside }> => {
  const script = "ip link set lo up && echo held && read _"
  const holder = await start(client.argv(["unshare", "--net", "sh", "-c", script]), /^held$/)
  return { holder, inside: insideOf(holder.pid, client.unprivileged) }
}

const runIp = (where: Inside, ...args: ReadonlyArray<string>): Promise<string> =>
  runToEnd(where.argv(["ip", ...args]), 10)

const joinByVeth = async (client: Inside, server: Inside): Promise<void> => {
  const [near, far] = ["bench0", "bench1"]
  await runIp(client, "link", "add", near, "type", "veth", "peer", "name", far, "netns", String(server.pid))
  await runIp(client, "addr", "add", "10.98.0.1/24", "dev", near)
  await runIp(client, "link", "set", near, "up")
  await runIp(server, "addr", "add", `${ADDRESS}/24`, "dev", far)
  await runIp(server, "link", "set", far, "up")
}

/** Starts both servers with `processes` each, in a namespace that a veth joins to the client's. */
export const startRivals = async (client: Inside, processes: number): Promise<Rivals> => {
  const nginx = findCommand("nginx")
  if (nginx === undefined) throw new CannotMeasure("nginx not found", "apt-get install nginx")
  const folder = mkdtempSync(join(tmpdir(), "pika-bench-"))
  const started: Array<Started> = []
  const stop = async (): Promise<void> => {
    // The namespace's holder last.
    for (const one of started.splice(0).reverse()) await one.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const { holder, inside } = await openNamespace(client)
    started.push(holder)
    await joinByVeth(client, inside)
    for (let k = 0; k < processes; k++) {
      const program = [process.execPath, process.argv[1]!, NODE_HTTP, ADDRESS, String(NODE_PORT)] as const
      started.push(await start(inside.argv([...program]), /listening/))
    }
    const configuration = join(folder, "nginx.conf")
    writeFileSync(configuration, nginxConfiguration(folder, processes, client.unprivileged))
    // It goes with our end, however we end: the shell waits for its standard input.
    const script = `"$0" -p "$1" -c "$2" & nginx=$!; trap 'kill $nginx' TERM; echo started; read _; kill $nginx; wait $nginx`
    started.push(await start(inside.argv(["sh", "-c", script, nginx, folder, configuration]), /started/))
  } catch (error) {
    await stop()
    throw error
  }
  return { node: `http://${ADDRESS}:${NODE_PORT}/`, nginx: `http://${ADDRESS}:${NGINX_PORT}/`, stop }
}

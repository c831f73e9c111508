/** Process of the demo web server: attaches to the stack named by PIKA_SOCKET and says how many it served. */
import { createHttp } from "../socket/http.ts"
import { handle } from "./demo.ts"

let connections = 0
let requests = 0
const { http, server } = createHttp((request, response) => {
  requests++
  handle(request, response)
})
server.on("connection", () => connections++)
server.on("error", (error: Error) => {
  process.stderr.write(`demo web server: ${error.message}\n`)
  process.exit(1)
})
http.on("clientError", (_error, socket) => socket.destroy())
server.listen(Number(process.env.PIKA_PORT ?? "80"), () => process.send?.({ listening: true }))
process.on("message", () => process.send?.({ connections, requests }))
process.on("disconnect", () => process.exit(0))
process.on("SIGINT", () => {})

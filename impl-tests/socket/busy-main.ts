/** A web server that computes for `MS` at each request, as a process: `PORT MS`. */
import { createHttp } from "../../src/socket/http.ts"

const [port = "", ms = ""] = process.argv.slice(2)
const { http } = createHttp((_request, response) => {
  const until = performance.now() + Number(ms)
  while (performance.now() < until);
  response.end("done")
})
http.listen(Number(port), () => process.send?.("ready"))
process.on("disconnect", () => process.exit(0))

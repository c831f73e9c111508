#!/usr/bin/env node
// The `pika` command: set-up where something is stale, then src/cli/main.ts under Node 24.
import { join } from "node:path"
import { afterSetUp } from "../setup/main.mjs"
import { runNode } from "../setup/run.mjs"

await afterSetUp((root) => runNode(root, [join(root, "src/cli/main.ts"), ...process.argv.slice(2)]))

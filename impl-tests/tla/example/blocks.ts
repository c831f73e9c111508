/** The code blocks of a document, each under a comment that says what it is: `<!-- path/of/file.ts -->`. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { projectRoot } from "../../../src/setup/files.mjs"

export interface Block {
  /** What the comment right above it says; empty: there is none. */
  readonly mark: string
  readonly text: string
}

export const blocksOf = (document: string): ReadonlyArray<Block> => {
  const text = readFileSync(join(projectRoot, document), "utf8")
  return [...text.matchAll(/(?:<!-- ([^\n]*) -->\n)?^```[^\n]*\n([\s\S]*?)^```$/gm)].map(
    ([, mark = "", body = ""]) => ({
      mark,
      text: body,
    }),
  )
}

/** TLC's configuration files, as far as something has to be known of them. */

const keywords = [
  "ACTION_CONSTRAINTS",
  "ACTION_CONSTRAINT",
  "ALIAS",
  "CHECK_DEADLOCK",
  "CONSTANTS",
  "CONSTANT",
  "CONSTRAINTS",
  "CONSTRAINT",
  "INIT",
  "INVARIANTS",
  "INVARIANT",
  "NEXT",
  "POSTCONDITION",
  "PROPERTIES",
  "PROPERTY",
  "SPECIFICATION",
  "SYMMETRY",
  "TYPE_CONSTRAINT",
  "TYPE",
  "VIEW",
] as const

export interface ConfigurationSection {
  /** In the singular. */
  readonly keyword: string
  readonly text: string
}

const boundary = new RegExp(`(?<![\\w])(${keywords.join("|")})(?![\\w])`)

/** What a configuration says, keyword by keyword, without its comments. */
export const sectionsOf = (configuration: string): ReadonlyArray<ConfigurationSection> => {
  const bare = configuration.replace(/\(\*[\s\S]*?\*\)/g, " ").replace(/\\\*.*$/gm, "")
  const parts = bare.split(boundary)
  return Array.from({ length: (parts.length - 1) / 2 }, (_, k) => ({
    keyword: parts[2 * k + 1]!.replace(/IES$/, "Y").replace(/(?<=NT)S$/, ""),
    text: parts[2 * k + 2]!.trim(),
  }))
}

/** Names under a keyword. */
export const namesUnder = (
  sections: ReadonlyArray<ConfigurationSection>,
  keyword: string,
): ReadonlyArray<string> =>
  sections
    .filter((section) => section.keyword === keyword)
    .flatMap(({ text }) => text.split(/[\s,]+/).filter((name) => name !== ""))

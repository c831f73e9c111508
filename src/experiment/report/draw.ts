/** Plots as SVG, without a browser: Vega-Lite's grammar, Vega's renderer. */
import { parse, View } from "vega"
import { type Config, compile, type TopLevelSpec } from "vega-lite"

export type Ground = "light" | "dark"

/** Okabe and Ito (2008): told apart by all. The last two are theirs lightened, for eight on either ground. */
const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#b2912f"]

const inks: Readonly<
  Record<Ground, { readonly ground: string; readonly ink: string; readonly grid: string }>
> = {
  light: { ground: "#ffffff", ink: "#1f2328", grid: "#d9dee3" },
  dark: { ground: "#0d1117", ink: "#e6edf3", grid: "#30363d" },
}

const configOf = (on: Ground): Config => {
  const { ground, ink, grid } = inks[on]
  return {
    background: ground,
    font: "sans-serif",
    padding: 12,
    axis: { labelColor: ink, titleColor: ink, gridColor: grid, domainColor: ink, tickColor: ink },
    legend: { labelColor: ink, titleColor: ink, labelLimit: 260, symbolStrokeWidth: 2 },
    title: { color: ink },
    view: { stroke: grid },
    text: { color: ink },
    rule: { color: ink },
    range: { category: palette },
  }
}

/** The SVG's text; the same for the same specification. */
export const draw = async (spec: TopLevelSpec, on: Ground): Promise<string> => {
  const { spec: vega } = compile({ ...spec, config: configOf(on) } as TopLevelSpec)
  const view = new View(parse(vega), { renderer: "none" })
  try {
    return await view.toSVG()
  } finally {
    view.finalize()
  }
}

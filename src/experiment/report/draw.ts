/** Plots as SVG, without a browser: Vega-Lite's grammar, Vega's renderer. */
import { parse, View } from "vega"
import { type Config, compile, type TopLevelSpec } from "vega-lite"

export type Ground = "light" | "dark"

interface Inks {
  readonly ground: string
  readonly ink: string
  readonly grid: string
  readonly palette: ReadonlyArray<string>
}

/** After Okabe and Ito (2008), told apart by all; on dark the same hues, lighter. Two more, for eight. */
const inks: Readonly<Record<Ground, Inks>> = {
  light: {
    ground: "#ffffff",
    ink: "#1f2328",
    grid: "#d9dee3",
    palette: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#8a6d1f"],
  },
  dark: {
    ground: "#0d1117",
    ink: "#e6edf3",
    grid: "#30363d",
    palette: ["#3f9be0", "#f27d3a", "#1fc08f", "#dd9bc2", "#f0b030", "#9fd8fb", "#b3b3b3", "#d3b45a"],
  },
}

const configOf = (on: Ground): Config => {
  const { ground, ink, grid, palette } = inks[on]
  return {
    background: ground,
    font: "sans-serif",
    padding: 12,
    axis: { labelColor: ink, titleColor: ink, gridColor: grid, domainColor: ink, tickColor: ink },
    legend: { labelColor: ink, titleColor: ink, labelLimit: 260, symbolStrokeWidth: 2 },
    title: { color: ink, subtitleColor: ink },
    view: { stroke: grid },
    text: { color: ink },
    rule: { color: ink },
    range: { category: [...palette] },
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

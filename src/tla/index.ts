/**
 * The bridge between TypeScript and TLA+, for any project: values, TLC's runs and counterexamples, state graphs, recordings.
 * It knows nothing of this project's own models (`src/model`). `docs/tla-bridge.md` shows it at work.
 */

// Values: as text, as bytes for Java, and by a schema.

export { ValueWriter } from "./binary.ts"
export { literalOf, TlaUnwritable } from "./literal.ts"
export { printedTuples } from "./printed.ts"
export {
  asModelValues,
  asSet,
  asTuple,
  type MappingOptions,
  type TlaMapping,
  TlaMismatch,
  TlaUnmappable,
  tlaMapping,
} from "./schema.ts"
export {
  compareValues,
  functionOf,
  parseState,
  parseValue,
  printValue,
  recordOf,
  setOf,
  type TlaValue,
  TlaValueError,
} from "./value.ts"

// Runs of TLC: what it is given, what it says, what stands in its way.

export { TlcUnavailable } from "./java-line.ts"
export { LEFT_FREE, type TlcLimits } from "./limits.ts"
export {
  type Behaviour,
  codes,
  type TlcProgress,
  type TlcReport,
  type TlcState,
} from "./messages.ts"
export { type Configuration, type Constants, configurationOf, type Expected, type Model } from "./model.ts"
export {
  isTrouble,
  type Place,
  placeText,
  type TlcOutcome,
  type TlcTrouble,
  type TlcVerdict,
  troubleText,
} from "./outcome.ts"
export { runTlc, streamTlc, type TlcEvent, type TlcRun } from "./tlc.ts"

// State graphs: TLC's own, the code's, where they part, and paths that cover one.

export { compareGraphs, differenceText, type GraphDifference } from "./graph/compare.ts"
export { type Cover, coverEdges, type GraphPath, LONGEST_PATH, NotCoverable } from "./graph/cover.ts"
export { type Explorable, explore, TooManyStates, type Visit } from "./graph/explore.ts"
export { edgeCount, type StateGraph } from "./graph/graph.ts"
export { exploreMachine, type Machine } from "./graph/machine.ts"
export { GraphUnreadable, type ReadOptions, readGraph } from "./graph/read.ts"
export { type Behaviours, MOST_STEPS, type Simulation, simulate } from "./graph/simulate.ts"
export { MOST_STATES, tlcGraph } from "./graph/tlc-graph.ts"

// Recordings: trace specifications from an event schema, and TLC's verdict.

export { type Arm, caseText, type TraceModule, traceModule } from "./trace/module.ts"
export { type EventField, type EventShape, eventShapes, NoEvents } from "./trace/shapes.ts"
export { type EventSchema, readTraceText, TraceUnreadable, traceWriter } from "./trace/text.ts"
export {
  MAX_EVENTS,
  type TraceCheck,
  TraceTooLong,
  type TraceVerdict,
  validateEvents,
} from "./trace/validate.ts"

// Message-sequence charts, in characters and as SVG.

export { type Chart, ChartError, type ChartMessage, type ChartStep } from "./chart/chart.ts"
export { chartSvg } from "./chart/svg.ts"
export { chartText, TEXT_WIDTH } from "./chart/text.ts"

// Many small checks in one JVM: whether a changed module has the same state graph, what a model exercises.

export { type Conclusion, type Source, type Traps, trapsOf } from "./antecedents.ts"
export {
  type Coverage,
  type CoverageOptions,
  coverageOf,
  type Excuse,
  type Excused,
} from "./coverage.ts"
export { type Explore, type Explored, type Judge, JudgeFailed, type Known, makeJudge } from "./judge.ts"
export { type SpecNode, treeOf } from "./tree.ts"

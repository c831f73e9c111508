/** Whether the naive accept does exactly what spec/NaiveAccept.tla says. */
import { stepNaive } from "../../core/naive-accept.ts"
import type { StateGraph } from "../../tla/graph/graph.ts"
import { type Equality, equalityOf } from "../stack/equality.ts"
import { type NaiveConstants, NaiveSystem } from "./system.ts"

export const naiveEquals = (tlc: StateGraph, constants: NaiveConstants, step = stepNaive): Equality =>
  equalityOf(tlc, new NaiveSystem(constants, step), "the naive accept")

/**
 * Models of the ladder, AcceptQueue ← Handshake ← Offers ← Stack: each step checked as a refinement, and each
 * refinement shown able to fail. docs/specification.md is its map.
 */
import type { Model } from "../src/tla/model.ts"
import { handshakes } from "./ladder/handshake.ts"
import { drawsModels, offersModels } from "./ladder/offers.ts"
import { stacks } from "./ladder/stack.ts"

export const ladder: ReadonlyArray<Model> = [...handshakes, ...offersModels, ...drawsModels, ...stacks]

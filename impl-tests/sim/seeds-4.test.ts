import { testSeeds } from "./seeds.ts"

testSeeds(751, 250)

import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["impl-tests/**/*.test.ts", "model-tests/**/*.test.ts"],
    testTimeout: 30_000,
    pool: "forks",
  },
})

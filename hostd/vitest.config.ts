import { defineConfig } from "vitest/config";

// Two cores are shared with real machines, so limits are generous; no test asserts a time.
export default defineConfig({
  test: {
    // Once more after a failure: real processes share two cores with everything else. A bug fails twice.
    retry: 1,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    // Each of them boots machines of its own (recipes.test.ts).
    maxConcurrency: 2,
  },
});

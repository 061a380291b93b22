import { defineConfig } from "vitest/config";

// Two cores are shared with real machines, so limits are generous; no test asserts a time.
export default defineConfig({
  test: { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false },
});

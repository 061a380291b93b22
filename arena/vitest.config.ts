import { defineConfig } from "vitest/config";

// Pure parts of the room, without a browser; what needs one is in e2e/test/pages.test.ts.
// An own configuration: the room's vite plugins build a site.
export default defineConfig({ test: { include: ["src/**/*.test.ts"] } });

import { fileURLToPath } from "node:url";
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

// Pure parts of the room and its components as the server renders them, without a browser; what needs one
// is in e2e/test/pages.test.ts. An own configuration: the room's vite plugins build a site.
export default defineConfig({
  plugins: [solid({ ssr: true, hot: false, solid: { generate: "ssr", hydratable: true } })],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});

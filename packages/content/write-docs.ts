// Writes docs/problems.md from the table of codes.
import { writeFileSync } from "node:fs";
import { problemsPage } from "./src/problems-page.ts";

writeFileSync(new URL("../../docs/problems.md", import.meta.url), problemsPage());

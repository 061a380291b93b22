import { clientOnly } from "@solidjs/start";
import { StudioShell } from "~/studio/studio-shell";

// Form and text are worked on in the browser alone.
const Constructor = clientOnly(async () => ({
  default: (await import("~/studio/constructor")).PlaygroundConstructor,
}));

export default function StudioPlayground() {
  return (
    <StudioShell
      title="Playground"
      text="Machines, networks, tabs and init tasks, as a form and as YAML."
    >
      <Constructor fallback={<p class="dim">Loading.</p>} />
    </StudioShell>
  );
}

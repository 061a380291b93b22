import { Published } from "~/studio/published";
import { StudioShell } from "~/studio/studio-shell";

export default function StudioPublished() {
  return (
    <StudioShell title="Studio" text="How published challenges do, and where people stop.">
      <Published />
    </StudioShell>
  );
}

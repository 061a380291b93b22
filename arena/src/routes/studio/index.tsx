import { Published } from "~/studio/published";
import { Stored } from "~/studio/stored";
import { StudioShell } from "~/studio/studio-shell";

export default function StudioPublished() {
  return (
    <StudioShell
      title="Studio"
      text="Who sees your content, how people do with it, and where they stop."
    >
      <div class="stack">
        <Stored />
        <Published />
      </div>
    </StudioShell>
  );
}

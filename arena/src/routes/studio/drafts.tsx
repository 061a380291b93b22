import { Drafts } from "~/studio/drafts";
import { StudioShell } from "~/studio/studio-shell";

export default function StudioDrafts() {
  return (
    <StudioShell title="Drafts" text="What ./agon dev pushed, and what is wrong with it.">
      <Drafts />
    </StudioShell>
  );
}

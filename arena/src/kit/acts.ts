/** Writes an answer into a specimen's field and submits it, as a learner does. */
const answer =
  (value: string) =>
  (specimen: HTMLElement): void => {
    const field = specimen.querySelector("input")!;
    field.value = value;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.form!.requestSubmit();
  };
const press =
  (selector: string) =>
  (specimen: HTMLElement): void =>
    specimen.querySelector<HTMLElement>(selector)!.click();

/** What brings a specimen into its state when its text alone can't, by its id. */
export const acts: Record<string, (specimen: HTMLElement) => void> = {
  "details-box-open": press("summary"),
  "details-box-more-colons-outside": press("summary"),
  "details-box-never-closed": press("summary"),
  "hint-box-open": press("summary"),
  "slide-show-second-slide": press(".steps button:last-child"),
  "tabbed-second-tab": press('[role="tab"]:last-child'),
  "task-input-of-another-form": answer("Bridge 1"),
  "task-input-refused": answer("6.1"),
  "task-input-answered": answer("bridge"),
};

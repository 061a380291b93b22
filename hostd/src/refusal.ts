/** A host can't do what is asked, and says why and what to do: for the person who asked. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** `later`: the same may work in a moment. `full`: no room. */
  readonly kind: "missing" | "not-so" | "later" | "full" | "invalid" | "forbidden";

  constructor(kind: Refusal["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

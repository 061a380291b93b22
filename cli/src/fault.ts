/** Something that the user can put right: only its message is shown. */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

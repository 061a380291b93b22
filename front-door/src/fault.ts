/** An error whose message is all the reader needs: printed without a stack, exit code 1. */
export class Fault extends Error {}

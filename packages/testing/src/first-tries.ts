import type { Reporter, TestCase } from "vitest/node";

/** Tells why a test failed that passed when it was tried again: a first failure must not get lost. */
export default class FirstTries implements Reporter {
  onTestCaseResult(test: TestCase): void {
    const result = test.result();
    if (result.state !== "passed" || !test.diagnostic()?.retryCount) return;
    const told = (result.errors ?? []).flatMap(({ stack, message, diff }) => [
      stack ?? message,
      diff ?? "",
    ]);
    console.log(
      `── passed at another try: ${test.module.relativeModuleId} > ${test.fullName}\n${told.join("\n") || "(vitest kept no error)"}`,
    );
  }
}

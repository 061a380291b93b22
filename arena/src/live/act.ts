import { createSignal } from "solid-js";
import { ask, type AskError } from "./ask";

/** Operations of a panel whose refusals are shown in it: what is wrong and what to do, until the next one. */
export function panelActs() {
  const [problem, setProblem] = createSignal("");
  /** @returns the data, or undefined when it was refused. */
  const act = async <T>(
    query: string,
    variables: Record<string, unknown>,
  ): Promise<T | undefined> => {
    setProblem("");
    try {
      return await ask<T>(query, variables);
    } catch (error) {
      const { message, help } = error as AskError;
      setProblem(`${message} ${help ?? ""}`.trim());
      return undefined;
    }
  };
  return { problem, act };
}

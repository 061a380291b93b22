import type { JSX } from "solid-js";

/** What a block component of a text gets. */
export interface BlockProps {
  name: string;
  given: Record<string, unknown>;
  /** Names of its slots, in order; `default` is what stands before the first. */
  slots: string[];
  /** A slot's content; undefined when the text has none of that name. */
  slot: (name: string) => JSX.Element;
}

/** What an inline component gets. */
export interface InlineProps {
  given: Record<string, unknown>;
  text: string;
}

/** A prop as text. */
export function said(value: unknown): string {
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : "";
}

/** A prop that is on: `true`, or a bare word. */
export const isOn = (value: unknown): boolean => value === true || said(value) === "true";

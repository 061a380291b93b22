import type { Component } from "solid-js";
import { CodeVar } from "./code-var";
import type { InlineProps } from "./component";
import { HttpPort } from "./http-port";
import { TabLink } from "./tab-link";

/** Components that stand in a sentence, by name (spec 8.5). */
export const inlineComponents: Record<string, Component<InlineProps>> = {
  "code-var": CodeVar,
  "http-port": HttpPort,
  tab: TabLink,
};

import type { Component } from "solid-js";
import { Card } from "./card";
import type { BlockProps } from "./component";
import { Conditional } from "./conditional";
import { DetailsBox } from "./details-box";
import { Grid } from "./grid";
import { HighlightText } from "./highlight-text";
import { HintBox } from "./hint-box";
import { ImageBox } from "./image-box";
import { RemarkBox } from "./remark-box";
import { SlideShow } from "./slide-show";
import { Tabbed } from "./tabbed";
import { Task } from "./task";
import { Unknown } from "./unknown";

/** Components that stand by themselves, by name (spec 8.3, 8.4). */
export const blockComponents: Record<string, Component<BlockProps>> = {
  card: Card,
  conditional: Conditional,
  "details-box": DetailsBox,
  grid: Grid,
  highlight: HighlightText,
  "hint-box": HintBox,
  "image-box": ImageBox,
  "remark-box": RemarkBox,
  "simple-task": Task,
  "slide-show": SlideShow,
  tabbed: Tabbed,
  "user-input-task": Task,
};

/** What draws a block component (spec 8.3, 8.4). */
export function blockComponent(name: string): Component<BlockProps> {
  return Object.hasOwn(blockComponents, name) ? blockComponents[name]! : Unknown;
}

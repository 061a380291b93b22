import { createContext, useContext, type JSX } from "solid-js";
import type { Asset, CodeColours, Reference } from "~/live/types";

/** A task as its component shows it. */
export interface TaskLook {
  state: number;
  hint: string;
  failure: string;
}

/** Which tab `:tab` means. */
export interface TabTarget {
  id?: string;
  name?: string;
  machine?: string;
  /** An additional terminal, not the one that is there. */
  fresh: boolean;
}
export interface PortTarget {
  machine?: string;
  port: number;
  https: boolean;
  public: boolean;
}

/** What surrounds a text: without a play, most of it is not there. */
export interface Scene {
  /** The text's files, by their path below `__static__`. */
  assets: Asset[];
  references: Reference[];
  /** Colours of its code blocks, as the server found them. */
  code: CodeColours[];
  /** Undefined while no play runs. */
  task: (name: string) => TaskLook | undefined;
  submit?: ((task: string, value: string) => Promise<unknown>) | undefined;
  restart?: () => void;
  /** A hint whose text is still on the server. */
  hint?: (id: string) => JSX.Element;
  variable: (name: string) => string | undefined;
  openTab?: (target: TabTarget) => void;
  openPort?: (target: PortTarget) => void;
  /** Somebody reads who can put right what is wrong. */
  author: boolean;
}

const Context = createContext<Scene>();

export const SceneProvider = Context.Provider;

const nothing: Scene = {
  assets: [],
  references: [],
  code: [],
  task: () => undefined,
  variable: () => undefined,
  author: false,
};

/** A scene where no play runs, with what is known of it. */
export function still(known: Partial<Scene>): Scene {
  return { ...nothing, ...known };
}

/** A scene that stays one object while what it shows changes: contexts keep what they were given. */
export function following(scene: () => Scene): Scene {
  return new Proxy(nothing, {
    get: (_, key) => scene()[key as keyof Scene],
    has: (_, key) => key in scene(),
  });
}

/** What surrounds this text. */
export function useScene(): Scene {
  return useContext(Context) ?? nothing;
}

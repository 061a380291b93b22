import { For, Show, createSignal, onCleanup } from "solid-js";
import { MAX_FILE, download, upload } from "./file-transfer";

/** One file under way, or how it ended. */
interface Transfer {
  id: number;
  name: string;
  /** What is done to it, in words. */
  verb: string;
  bytes: number;
  of: number;
  /** Undefined while it is under way. */
  end?: { ok: boolean; text: string };
  cancel: () => void;
}

/** Files that go at once; others wait. */
const AT_ONCE = 2;
/** Ended transfers that stay listed. */
const LISTED = 6;

function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(0)} KiB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

/** The transfers of one play; they go on while the panel is closed. */
export function createTransfers(play: string) {
  const [list, setList] = createSignal<Transfer[]>([]);
  const waiting: (() => void)[] = [];
  const all = new AbortController();
  let next = 0;
  let going = 0;
  onCleanup(() => all.abort());
  const change = (id: number, what: Partial<Transfer>) =>
    setList(list().map((one) => (one.id === id ? { ...one, ...what } : one)));
  const start = (
    name: string,
    verb: string,
    act: (signal: AbortSignal, told: (bytes: number, of: number) => void) => Promise<string>,
  ) => {
    const id = next++;
    const stop = new AbortController();
    const ended = list().filter((one) => one.end);
    const dropped = new Set(ended.slice(0, Math.max(0, ended.length - LISTED + 1)));
    setList([
      ...list().filter((one) => !dropped.has(one)),
      { id, name, verb, bytes: 0, of: 0, cancel: () => stop.abort(new Error("Cancelled.")) },
    ]);
    const signal = AbortSignal.any([all.signal, stop.signal]);
    const go = () => {
      going++;
      // The browser may paint between two pieces: no more often than that.
      let painted = 0;
      act(signal, (bytes, of) => {
        if (bytes < of && performance.now() - painted < 100) return;
        painted = performance.now();
        change(id, { bytes, of });
      })
        .then(
          (text) => change(id, { end: { ok: true, text } }),
          (error: Error) => change(id, { end: { ok: false, text: error.message } }),
        )
        .finally(() => {
          going--;
          waiting.shift()?.();
        });
    };
    if (going < AT_ONCE) go();
    else waiting.push(go);
  };
  return {
    list,
    put(machine: string, folder: string, files: Iterable<File>) {
      for (const file of files)
        start(file.name, `to ${machine}`, async (signal, told) => {
          if (file.size > MAX_FILE)
            throw new Error(`It has ${size(file.size)}; at most ${size(MAX_FILE)} go at once.`);
          return `Now ${await upload({ play, machine, folder, signal }, file, told)}`;
        });
    },
    get(machine: string, path: string) {
      const name = path.split("/").at(-1) || path;
      start(name, `from ${machine}`, async (signal, told) => {
        const blob = await download({ play, machine, path, signal }, told);
        const link = document.createElement("a");
        link.href = URL.createObjectURL(blob);
        link.download = name;
        link.click();
        // The browser has begun to save it by then.
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
        return `${size(blob.size)} saved by the browser`;
      });
    },
  };
}

export type Transfers = ReturnType<typeof createTransfers>;

/** Files to a machine and from it; everything works by keyboard, and files may be dropped on it. */
export function Files(props: { machine: string; transfers: Transfers }) {
  const [folder, setFolder] = createSignal("~");
  const [path, setPath] = createSignal("");
  let chooser!: HTMLInputElement;
  return (
    <section class="files" aria-label={`Files of ${props.machine}`} data-testid="files">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          chooser.click();
        }}
      >
        <label>
          <span class="meta">Upload into this folder of {props.machine}</span>
          <input
            class="field"
            value={folder()}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setFolder(event.currentTarget.value)}
          />
        </label>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          data-testid="upload"
          onChange={() => {
            props.transfers.put(props.machine, folder(), [...(chooser.files ?? [])]);
            // The same file may be chosen again.
            chooser.value = "";
          }}
        />
        <button type="submit" class="btn">
          Choose files
        </button>
      </form>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.transfers.get(props.machine, path().trim());
        }}
      >
        <label>
          <span class="meta">Download this file of {props.machine}</span>
          <input
            class="field"
            value={path()}
            placeholder="~/report.txt"
            required
            autocomplete="off"
            spellcheck={false}
            data-testid="download-path"
            onInput={(event) => setPath(event.currentTarget.value)}
          />
        </label>
        <button type="submit" class="btn" data-testid="download">
          Download
        </button>
      </form>
      <p class="meta">
        Or drop files on the terminal. At most {size(MAX_FILE)} each; a file that has the name
        already is kept as NAME.~1~.
      </p>
      <ul role="list" aria-live="polite">
        <For each={props.transfers.list().toReversed()}>
          {(one) => (
            <li
              data-testid="transfer"
              data-transfer={one.id}
              data-state={one.end ? (one.end.ok ? "done" : "failed") : "going"}
            >
              <div>
                <b>{one.name}</b> <span class="dim">{one.verb}</span>
                <Show when={one.end}>
                  {(end) => <div class={end().ok ? "dim" : "fault"}>{end().text}</div>}
                </Show>
                <Show when={!one.end}>
                  <div
                    class="meter"
                    role="progressbar"
                    aria-label={`${one.name} ${one.verb}`}
                    aria-valuenow={Math.round((100 * one.bytes) / Math.max(1, one.of))}
                  >
                    <i style={`width:${(100 * one.bytes) / Math.max(1, one.of)}%`} />
                  </div>
                  <span class="meta">
                    {one.of ? `${size(one.bytes)} of ${size(one.of)}` : "Waiting"}
                  </span>
                </Show>
              </div>
              <Show when={!one.end}>
                <button
                  type="button"
                  class="btn quiet sm"
                  aria-label={`Cancel ${one.name}`}
                  onClick={() => one.cancel()}
                >
                  Cancel
                </button>
              </Show>
            </li>
          )}
        </For>
      </ul>
    </section>
  );
}

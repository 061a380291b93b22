import { ask } from "~/live/ask";

/** Bytes of one file at most, each way. */
export const MAX_FILE = 100 * 2 ** 20;
/** Bytes that go to the machine in one piece, and pieces that may be under way: it says when it has one. */
const PIECE = 128 * 1024;
const WINDOW = 4;
/** Milliseconds without a word of the machine after which a transfer is given up. */
const STILL = 90_000;

/** How far a transfer is. */
export type Progress = (bytes: number, of: number) => void;

/** A word of a shell script. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** An exec in a machine: what it prints, and how it ends. */
async function run(
  options: { play: string; machine: string; signal: AbortSignal },
  script: string,
  on: { output: (bytes: Uint8Array) => void; opened?: (send: (bytes: Uint8Array) => void) => void },
): Promise<void> {
  const { play, machine, signal } = options;
  signal.throwIfAborted();
  const { openExec } = await ask<{ openExec: { url: string } }>(
    "mutation($p: ID!, $m: String!) { openExec(play: $p, machine: $m) { url } }",
    { p: play, m: machine },
  );
  signal.throwIfAborted();
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${openExec.url}`);
  socket.binaryType = "arraybuffer";
  const send = (type: number, body: Uint8Array) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    const frame = new Uint8Array(body.length + 1);
    frame[0] = type;
    frame.set(body, 1);
    socket.send(frame);
  };
  const over = Promise.withResolvers<number>();
  let said = "";
  const stop = () => {
    socket.close();
    over.reject(signal.reason as Error);
  };
  signal.addEventListener("abort", stop);
  let still: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(still);
    still = setTimeout(
      () => over.reject(new Error("The machine says nothing any more. Try again.")),
      STILL,
    );
  };
  heard();
  socket.onopen = () => {
    send(0, new TextEncoder().encode(script));
    on.opened?.((bytes) => send(0, bytes));
  };
  socket.onmessage = ({ data }) => {
    heard();
    const bytes = new Uint8Array(data as ArrayBuffer);
    const body = bytes.subarray(1);
    const text = () => new TextDecoder().decode(body);
    if (bytes[0] === 2) {
      const { type, code } = JSON.parse(text()) as { type: string; code?: number };
      if (type === "exit") over.resolve(code ?? 255);
      return;
    }
    if (bytes[0] === 1) said = (said + text()).slice(-500);
    else on.output(body);
    const ack = new Uint8Array(4);
    new DataView(ack.buffer).setUint32(0, body.length);
    send(2, ack);
  };
  socket.onclose = () => over.reject(new Error("The line to the machine broke. Try again."));
  try {
    const code = await over.promise;
    if (code !== 0) throw new Error(said.trim().split("\n").at(-1) || `It ended with ${code}.`);
  } finally {
    clearTimeout(still);
    signal.removeEventListener("abort", stop);
    socket.onclose = null;
    socket.close();
  }
}

/**
 * Puts a file into a folder of the machine, as the lab user. A file of that name stays beside it.
 * @returns where it is.
 */
export async function upload(
  options: { play: string; machine: string; folder: string; signal: AbortSignal },
  file: File,
  told: Progress,
): Promise<string> {
  const pieces = Math.ceil(file.size / PIECE);
  // In braces: bash has read all of it before the first byte of the file comes.
  const script = `{
folder=${quoted(options.folder || "~")} name=${quoted(file.name)}
case $folder in "~" | "~/"*) folder=$HOME\${folder#"~"} ;; esac
cd -- "$folder" || exit 1
part=$(mktemp .upload-XXXXXX) || exit 1
trap 'rm -f -- "$part"' EXIT
trap 'kill $! 2>/dev/null; exit 1' HUP TERM PIPE
left=${file.size}
while [ $left -gt 0 ]; do
  size=$((left < ${PIECE} ? left : ${PIECE}))
  # In the background: a hang-up is heard while it waits for bytes.
  head -c $size <&0 >> "$part" &
  wait $! || exit 1
  left=$((left - size))
  # The end of the line, when the browser went away.
  [ "$(stat -c %s -- "$part")" = $((${file.size} - left)) ] || exit 1
  printf .
done
[ "$(stat -c %s -- "$part")" = ${file.size} ] || { echo "The file did not come whole." >&2; exit 1; }
chmod 644 -- "$part" || exit 1
# A second name for what is there, then one rename: who reads it meanwhile finds the old one or the new one.
kept=1
while [ -e "$name.~$kept~" ] || [ -L "$name.~$kept~" ]; do kept=$((kept + 1)); done
if [ -f "$name" ] && ln -T -- "$name" "$name.~$kept~" 2>/dev/null; then
  mv -fT -- "$part" "$name" || exit 1
else
  # Nothing is there, or it can't have two names: a folder, or a file system without links.
  mv -T --backup=numbered -- "$part" "$name" || exit 1
fi
printf '\\n%s' "$(pwd)/$name"
exit 0
}
`;
  let there = 0;
  let place = "";
  let over = false;
  let arrived = Promise.withResolvers<void>();
  const broken = new AbortController();
  const feed = async (write: (bytes: Uint8Array) => void) => {
    for (let at = 0; at < pieces && !over; at++) {
      while (at - there >= WINDOW && !over) await arrived.promise;
      const piece = file.slice(at * PIECE, (at + 1) * PIECE);
      write(new Uint8Array(await piece.arrayBuffer()));
    }
  };
  const decoder = new TextDecoder();
  try {
    await run({ ...options, signal: AbortSignal.any([options.signal, broken.signal]) }, script, {
      // A folder, or a file that changed meanwhile, can't be read.
      opened: (write) => void feed(write).catch((error: unknown) => broken.abort(error)),
      output: (bytes) => {
        for (const char of decoder.decode(bytes, { stream: true })) {
          if (there === pieces) place += char;
          else {
            told(Math.min(++there * PIECE, file.size), file.size);
            arrived.resolve();
            arrived = Promise.withResolvers<void>();
          }
        }
      },
    });
  } finally {
    over = true;
    arrived.resolve();
  }
  return place.trim();
}

/** Takes a file out of the machine, with the rights of the lab user. */
export async function download(
  options: { play: string; machine: string; path: string; signal: AbortSignal },
  told: Progress,
): Promise<Blob> {
  const script = `{
file=${quoted(options.path)}
case $file in "~/"*) file=$HOME\${file#"~"} ;; esac
[ -e "$file" ] || { echo "There is no $file." >&2; exit 1; }
[ ! -d "$file" ] || { echo "$file is a folder: pack it with tar first." >&2; exit 1; }
[ -f "$file" ] || { echo "$file is no file." >&2; exit 1; }
[ -r "$file" ] || { echo "You may not read $file." >&2; exit 1; }
# Opened once: another file that takes its name meanwhile is not mixed with it.
exec 3< "$file" || exit 1
size=$(stat -Lc %s /proc/self/fd/3) || exit 1
[ "$size" -le ${MAX_FILE} ] || { echo "$file is larger than ${MAX_FILE / 2 ** 20} MiB." >&2; exit 1; }
echo "$size"
head -c "$size" <&3 || exit 1
exit 0
}
`;
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = -1;
  let bytes = 0;
  let head = "";
  const take = (part: Uint8Array) => {
    parts.push(new Uint8Array(part));
    bytes += part.length;
    told(bytes, size);
  };
  await run(options, script, {
    output: (part) => {
      if (size >= 0) return take(part);
      const end = part.indexOf(10);
      head += new TextDecoder().decode(end < 0 ? part : part.subarray(0, end));
      if (end < 0) return;
      size = Number(head);
      told(0, size);
      if (end + 1 < part.length) take(part.subarray(end + 1));
    },
  });
  if (bytes !== size) throw new Error("The file changed while it came. Try again.");
  return new Blob(parts);
}

import { appendFileSync } from "node:fs";
import { WebSocket } from "ws";

const DATA = 0;
const ACK = 2;
const EOF = 3;
const STDERR = 1;
const CONTROL = 2;

function frame(type: number, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type), body]);
}

/**
 * Runs a text with bash in a machine through an exec slot; output goes to the two files as it comes.
 * @returns the exit code, or 255 when the session broke (a reboot).
 */
export function execChunk(
  url: string,
  text: string,
  files: { stdout: string; stderr: string },
  signal: AbortSignal,
): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { handshakeTimeout: 20_000 });
    let code = 255;
    const abort = () => socket.terminate();
    signal.addEventListener("abort", abort, { once: true });
    socket.on("open", () => {
      socket.send(frame(DATA, Buffer.from(text)));
      socket.send(frame(EOF, Buffer.alloc(0)));
    });
    socket.on("message", (raw: Buffer) => {
      const body = raw.subarray(1);
      if (raw[0] === CONTROL) {
        const control = JSON.parse(body.toString()) as { type: string; code?: number };
        if (control.type === "exit") {
          code = control.code ?? 255;
          socket.close();
        }
        return;
      }
      appendFileSync(raw[0] === STDERR ? files.stderr : files.stdout, body);
      const ack = Buffer.alloc(4);
      ack.writeUInt32BE(body.length);
      socket.send(frame(ACK, ack));
    });
    socket.on("error", (error) => appendFileSync(files.stderr, `\n[session: ${error.message}]\n`));
    socket.on("close", () => {
      signal.removeEventListener("abort", abort);
      resolve(code);
    });
  });
}

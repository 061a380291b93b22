import { credentials, type ClientDuplexStream } from "@grpc/grpc-js";
import { MachineChannelClient } from "@agon/protocol/machine";

/** Milliseconds between attempts to reach hostd. */
const PAUSE = [100, 200, 500, 1_000, 2_000];

/**
 * Keeps one stream to hostd for ever: opens it, hands it over, opens it again when it ended.
 * @param open which of the two streams of the private channel.
 */
export function keepStream<Out, In>(
  socket: string,
  open: (client: MachineChannelClient) => ClientDuplexStream<Out, In>,
  connected: (stream: ClientDuplexStream<Out, In>) => (command: In) => void,
  signal: AbortSignal,
): void {
  let failures = 0;
  const dial = () => {
    if (signal.aborted) return;
    const client = new MachineChannelClient(`unix:${socket}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": 16_000_000,
    });
    const stream = open(client);
    let over = false;
    const again = () => {
      if (over) return;
      over = true;
      client.close();
      setTimeout(dial, PAUSE[Math.min(failures++, PAUSE.length - 1)]);
    };
    const handle = connected(stream);
    stream.on("data", (command: In) => {
      failures = 0;
      handle(command);
    });
    stream.on("error", again);
    stream.on("end", again);
    stream.on("close", again);
  };
  dial();
}

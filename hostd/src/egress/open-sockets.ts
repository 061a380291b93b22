/** The helper of socketsIn: opens the port in the network namespace it was started in, and hands it over. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const port = Number(process.argv[2]);
const send = process.send!.bind(process) as (
  message: string,
  handle: unknown,
  options: object,
  done: (error: Error | null) => void,
) => void;
const fail = (error: Error | null): void => {
  if (!error) return;
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
};
const udp = createSocket("udp4");
udp.on("error", fail);
udp.bind(port, "0.0.0.0", () => send("udp", udp, {}, fail));
const tcp = createServer();
tcp.on("error", fail);
tcp.listen({ port, host: "0.0.0.0", backlog: 16 }, () => send("tcp", tcp, {}, fail));
process.on("disconnect", () => process.exit(0));

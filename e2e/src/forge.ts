import { ExaminerMessage } from "@agon/protocol/machine";

const frame = (message: ExaminerMessage): Buffer => {
  const body = ExaminerMessage.encode(message).finish();
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
};

/**
 * A shell text that root in a machine could run: it speaks to hostd on the machine's private channel as the
 * examiner does (gRPC over HTTP/2 by hand) and claims that these tasks are completed. Prints "claimed".
 */
export function forgeText(tasks: string[]): string {
  const frames = [
    frame({
      message: { $case: "hello", value: { version: "forged", configured: false, bootId: "" } },
    }),
    ...tasks.map((task, index) =>
      frame({
        message: {
          $case: "taskChanged",
          value: {
            task,
            state: 40,
            version: 1000 + index,
            hint: "",
            failure: "",
            blockedBy: [],
            rounds: 1,
            outputs: undefined,
            atMs: Date.now(),
            generation: 0,
          },
        },
      }),
    ),
  ];
  const script = `
const http2 = require("node:http2"), net = require("node:net");
const session = http2.connect("http://hostd", { createConnection: () => net.connect("/opt/agon-host/hostd.sock") });
const stream = session.request({ ":method": "POST", ":path": "/agon.v1.MachineChannel/Examiner", "content-type": "application/grpc", te: "trailers" });
stream.on("error", () => {});
stream.write(Buffer.from("${Buffer.concat(frames).toString("base64")}", "base64"));
setTimeout(() => { console.log("claimed"); process.exit(0); }, 1500);
`;
  return `/opt/agon/lib/ld-linux-x86-64.so.2 --library-path /opt/agon/lib /opt/agon/node - <<'JS'\n${script}\nJS\n`;
}

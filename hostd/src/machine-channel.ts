import { rmSync } from "node:fs";
import { join } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import {
  MachineChannelService,
  type ExaminerCommand,
  type MachineChannelServer,
} from "@agon/protocol/machine";
import type { Play } from "./play.ts";
import type { MachineTerminals } from "./terminals.ts";

/** Listens on the private socket of one machine and serves its two daemons. */
export async function serveMachine(
  play: Play,
  machine: string,
  terminals: MachineTerminals,
): Promise<{ close(): void }> {
  const implementation: MachineChannelServer = {
    examiner: (call) => {
      const send = (command: ExaminerCommand["command"]) =>
        void (call.writable && call.write({ command }));
      call.on("data", ({ message }) => {
        switch (message?.$case) {
          case "hello":
            play.examinerConnected(machine, send);
            break;
          case "taskChanged":
            play.taskChanged(machine, message.value);
            break;
          case "tasks":
            play.described(message.value.request, message.value.json);
            break;
          case "input":
            try {
              play.submit(message.value.task, message.value.value, "");
            } catch {
              // The other machine reboots: the learner's command can be given again.
            }
            break;
          default:
        }
      });
      const gone = () => play.examinerGone(machine, send);
      call.on("error", gone);
      call.on("cancelled", gone);
      call.on("end", () => {
        gone();
        call.end();
      });
    },
    terminals: (call) => terminals.connected(call),
  };
  const server = new Server({ "grpc.max_receive_message_length": 16_000_000 });
  server.addService(MachineChannelService, implementation);
  const path = join(play.socketFolder(machine), "hostd.sock");
  rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(`unix:${path}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  return { close: () => server.forceShutdown() };
}

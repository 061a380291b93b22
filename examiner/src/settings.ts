/** Paths of the daemons inside a machine; tests set others. */
export const settings = {
  hostSocket: process.env["AGON_HOST_SOCKET"] ?? "/opt/agon-host/hostd.sock",
  stateFolder: process.env["AGON_EXAMINER_STATE"] ?? "/var/lib/agon/examiner",
  /** Scripts lie here while they run; every user may pass through, and reads only its own. */
  scriptFolder: process.env["AGON_EXAMINER_SCRIPTS"] ?? "/run/agon/scripts",
  socket: process.env["AGON_EXAMINER_SOCKET"] ?? "/run/agon/examiner.sock",
  /** prompt-hook.bash writes here. */
  promptFile: process.env["AGON_EXAMINER_PROMPT"] ?? "/run/agon/prompt",
  version: "0.1.0",
};

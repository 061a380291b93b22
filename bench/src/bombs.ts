/** What a machine does to run into a limit. Each is bounded, and is started again until the time is over. */
export const bombs: Record<string, string> = {
  processors: `import os, time
end = time.time() + 20
for one in range(8):
    if os.fork() == 0:
        while time.time() < end: pass
        os._exit(0)
while time.time() < end: time.sleep(0.1)`,
  forks: `import os, time
for one in range(3000):
    try:
        if os.fork() == 0:
            time.sleep(3); os._exit(0)
    except OSError: time.sleep(0.01)`,
  memory: `held = []
for one in range(200): held.append(bytearray(b"x" * (10 << 20)))`,
  disk: `import os
with open("/var/fill", "wb") as out:
    for one in range(512):
        out.write(os.urandom(1 << 20))
        if one % 16 == 0: os.fsync(out.fileno())
os.unlink("/var/fill")`,
  console: `line = b"x" * 1023 + b"\\n"
with open("CONSOLE", "wb", buffering=0) as out:
    for one in range(64 * 1024): out.write(line)`,
  packets: `import socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); wire.bind(("eth0", 0))
frame = bytes.fromhex("ff" * 6 + "020000000001" + "88b5") + b"x" * 1000
for one in range(300_000): wire.send(frame)`,
};

/** A script for a machine's shell that has a bomb go off again and again in the background, as root. */
export function bombScript(name: string, backend: string, seconds: number): string {
  const target = backend === "microvm" ? "/dev/ttyS0" : "/proc/1/fd/1";
  const text = bombs[name]!.replace("CONSOLE", target);
  return `cat > /var/tmp/bomb.py <<'END'
${text}
END
nohup sudo timeout ${seconds} bash -c 'while sleep 0.1; do python3 /var/tmp/bomb.py; done' >/dev/null 2>&1 &
`;
}

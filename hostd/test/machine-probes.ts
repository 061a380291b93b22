/** Whether something answers at an address, asked from inside a machine. */
export interface Target {
  kind: "ping" | "tcp" | "udp";
  address: string;
  port: number;
}

export const targetName = ({ kind, address, port }: Target): string =>
  `${kind} ${address}${port ? `:${port}` : ""}`;

/**
 * A script for a machine's shell that prints the targets which answer, all asked at once. A refused
 * connection is an answer, too: somebody was reached. Each is tried twice, as the first may be lost.
 */
export function probeScript(targets: Target[]): string {
  const lines = targets.map((target) => {
    const { kind, address, port } = target;
    const asked = {
      ping: `ping -c2 -i0.5 -W2 ${address} 2>/dev/null | grep -q 'bytes from ${address}'`,
      tcp: `nc -z -w2 -n ${address} ${port} || nc -v -z -w2 -n ${address} ${port} 2>&1 | grep -q refused`,
      udp: `for n in 1 2; do echo agon | timeout 3 nc -u -w1 -n ${address} ${port}; done | grep -q agon`,
    }[kind];
    return `( { ${asked}; } </dev/null >/dev/null 2>&1 && echo '${targetName(target)}' ) &`;
  });
  // The UDP probe feeds itself: its input is a pipe inside.
  return `${lines.join("\n")}\nwait\n`;
}

/** Answers every datagram and takes every TCP connection at these ports, in the background of a machine. */
export function serveScript(port: number): string {
  return `sudo systemd-run -q --collect --unit=probe-tcp socat TCP-LISTEN:${port},fork,reuseaddr PIPE
sudo systemd-run -q --collect --unit=probe-udp socat UDP-LISTEN:${port},fork,reuseaddr PIPE
until ss -tln | grep -q :${port} && ss -uln | grep -q :${port}; do sleep 0.1; done
`;
}

/** First bytes of the sender's address in all frames that attacks send; the last one tells which. */
const MARK = "026666666";

/** Notes which marked frames come in at eth0, until /tmp/listen is removed. */
export const LISTEN = `sudo rm -f /tmp/seen; sudo touch /tmp/listen
cat > /tmp/listen.py <<'END'
import os, socket
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("eth0", 0)); wire.settimeout(0.2)
# Promiscuous: also frames for others are seen.
wire.setsockopt(263, 1, __import__("struct").pack("iHH8s", socket.if_nametoindex("eth0"), 1, 0, b""))
seen = set()
open("/tmp/ready", "w").close()
while os.path.exists("/tmp/listen"):
    try: frame = wire.recv(2000)
    except TimeoutError: continue
    if frame[6:10].hex() == "${MARK.slice(0, 8)}" and frame[11] not in seen:
        seen.add(frame[11])
        with open("/tmp/seen", "a") as out: out.write("%d\\n" % frame[11])
END
sudo rm -f /tmp/ready; sudo systemd-run -q --collect --unit=probe-listen python3 /tmp/listen.py
until [ -e /tmp/ready ]; do sleep 0.1; done
`;

/** Numbers of the marked frames seen so far. */
export const SEEN = `sort -nu /tmp/seen 2>/dev/null; true`;

/** Frames that reach everybody on a link, by the number that marks them. */
export const BROADCASTS = {
  plain: 1,
  "ARP: I am the gateway": 2,
  "ARP: I am the victim": 3,
  "ARP: who is the victim": 4,
  "DHCP offer": 5,
  "DHCP discover": 6,
  "IPv6 router advertisement": 7,
  "IPv6 neighbour solicitation": 8,
  mDNS: 9,
  "in a VLAN": 10,
} as const;

/** Number of one more plain frame: with it a listener shows that it listens. */
export const CONTROL = 99;

const FRAMES = `
import socket, struct, sys
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); wire.bind(("eth0", 0))
ip4 = socket.inet_aton
def send(number, to, kind, body):
    wire.send((bytes.fromhex(to) + bytes.fromhex("${MARK.slice(0, 8)}00") + bytes([number]) + struct.pack("!H", kind) + body).ljust(60, b"\\0"))
def total(data):
    if len(data) % 2: data += b"\\0"
    value = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while value >> 16: value = (value & 65535) + (value >> 16)
    return ~value & 65535
def ip(source, to, body, protocol=17):
    head = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(body), 7, 0, 64, protocol, 0, ip4(source), ip4(to))
    return head[:10] + struct.pack("!H", total(head)) + head[12:] + body
def udp(source, port, to, at, text): return ip(source, to, struct.pack("!HHHH", port, at, 8 + len(text), 0) + text)
def arp(number, kind, sender, target):
    send(number, "ff" * 6, 0x806, struct.pack("!HHBBH", 1, 0x800, 6, 4, kind) + bytes.fromhex("${MARK.slice(0, 8)}00") + bytes([number]) + ip4(sender) + b"\\0" * 6 + ip4(target))
def dhcp(kind): return struct.pack("!BBBBIHH4s4s4s4s16s", kind, 1, 6, 0, 7, 0, 0, b"\\0" * 4, ip4("172.16.0.66"), ip4("172.16.0.2"), b"\\0" * 4, b"\\2" * 16) + b"\\0" * 192 + bytes.fromhex("63825363") + bytes([53, 1, 2 if kind == 2 else 1, 255])
def icmp6(source, to, body):
    source, to = socket.inet_pton(socket.AF_INET6, source), socket.inet_pton(socket.AF_INET6, to)
    value = total(source + to + struct.pack("!II", len(body), 58) + body)
    body = body[:2] + struct.pack("!H", value) + body[4:]
    return struct.pack("!IHBB", 6 << 28, len(body), 58, 255) + source + to + body
`;

const python = (body: string) => `sudo python3 - <<'END'\n${FRAMES}${body}\nEND\n`;

/** Sends every kind of broadcast, several times, and floods the bridge's table of addresses. */
export function attackScript(gateway: string, victim: string): string {
  return python(`
for round in range(3):
    send(1, "ff" * 6, 0x88b5, b"agon")
    arp(2, 2, "${gateway}", "${gateway}")
    arp(3, 2, "${victim}", "${victim}")
    arp(4, 1, "172.16.0.66", "${victim}")
    send(5, "ff" * 6, 0x800, udp("${gateway}", 67, "255.255.255.255", 68, dhcp(2)))
    send(6, "ff" * 6, 0x800, udp("0.0.0.0", 68, "255.255.255.255", 67, dhcp(1)))
    send(7, "333300000001", 0x86dd, icmp6("fe80::66", "ff02::1", struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)))
    send(8, "333300000001", 0x86dd, icmp6("fe80::66", "ff02::1", struct.pack("!BBHI", 135, 0, 0, 0) + socket.inet_pton(socket.AF_INET6, "fe80::1")))
    send(9, "01005e0000fb", 0x800, udp("172.16.0.66", 5353, "224.0.0.251", 5353, b"agon"))
    send(10, "ff" * 6, 0x8100, struct.pack("!HH", 1, 0x88b5) + b"agon")
    for one in range(2000):
        wire.send(bytes.fromhex("ff" * 6 + "06") + struct.pack("!IB", one * 7 + round, 9) + struct.pack("!H", 0x88b5) + b"flood".ljust(46, b"\\0"))
`);
}

/** One more plain broadcast. */
export const controlScript = python(`send(${CONTROL}, "ff" * 6, 0x88b5, b"agon")`);

/**
 * Sends datagrams as the kernel would not: by hand to a MAC address, whatever the routes say.
 * @param via MAC address that gets them, as hexadecimal digits.
 */
export function forgeScript(via: string, targets: { address: string; port: number }[]): string {
  const list = targets.map(({ address, port }) => `("${address}", ${port})`).join(", ");
  return python(`
for round in range(3):
    for address, port in [${list}]:
        for source in ["172.16.0.2", "172.16.0.1", "127.0.0.1", address]:
            send(20, "${via}", 0x800, udp(source, 4000, address, port, b"forged"))
`);
}

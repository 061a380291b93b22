/** The shipped challenge that the live bench plays, as it is: its tasks turn green by files alone. */
export const challenge = "log-report-script";
export const machine = "debian-01";

/** A file that appears, and the one task that it completes. */
export interface Step {
  task: string;
  file: string;
}

const script = (lines: string[], refuses: boolean): string =>
  `#!/bin/bash
${refuses ? `[ -r "$1" ] || { echo "report.sh: cannot read '$1'" >&2; exit 2; }` : `[ -r "$1" ] || exit 0`}
awk 'NF >= 10 { requests++; bytes += $10; if ($9 >= 500) errors++; count[$1]++ }
  END {
    for (address in count) if (count[address] > most) { most = count[address]; top = address }
    ${lines.join("\n    ")}
  }' "$1"
`;
const requests = 'printf "requests: %d\\n", requests';
const errors = 'printf "errors: %d\\n", errors';
const top = 'printf "top: %s %d\\n", top, most';

/**
 * Versions of ~/report.sh, each renamed into place over the one before. Each does one thing more
 * than the last and so completes exactly one task more. The challenge's last task stays open: the
 * machine goes on checking, as that of a learner who is not done.
 */
export const steps: Step[] = [
  { task: "verify_script", file: "#!/bin/bash\nexit 0\n" },
  { task: "verify_requests", file: script([requests], false) },
  { task: "verify_errors", file: script([requests, errors], false) },
  { task: "verify_top", file: script([requests, errors, top], false) },
  { task: "verify_usage", file: script([requests, errors, top], true) },
];

/** Where the writer leaves its instants, in the machine: on the same file system, in no watched folder. */
export const instantsFile = "/var/tmp/bench-instants";

/**
 * A bash text that starts the writer in the background and ends at once. The writer waits a random
 * time before each step, notes the instant (unix ns) and renames the prepared file into place, in
 * one process: nothing is started between instant and appearance.
 * @param pauseMs shortest and longest wait before a step
 */
export function writerText(pauseMs: [number, number]): string {
  const [shortest, longest] = pauseMs.map((ms) => ms / 1000);
  // A JSON array of strings is a Python list, too. The image's Python is the minimal one: no json, no random.
  return `cat > /var/tmp/bench-writer.py <<'PY'
import os, time
files = ${JSON.stringify(steps.map(({ file }) => file))}
instants = []
for number, text in enumerate(files):
    fresh = f"/var/tmp/bench-file-{number}"
    with open(fresh, "w") as file:
        file.write(text)
    os.chmod(fresh, 0o755)
    part = int.from_bytes(os.urandom(4), "big") / 2**32
    time.sleep(${shortest} + part * ${longest! - shortest!})
    instants.append(time.time_ns())
    os.rename(fresh, os.path.expanduser("~/report.sh"))
with open("${instantsFile}.new", "w") as file:
    file.write(str(instants))
os.rename("${instantsFile}.new", "${instantsFile}")
PY
setsid python3 /var/tmp/bench-writer.py > /dev/null 2>&1 < /dev/null &
`;
}

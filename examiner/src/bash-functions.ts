const family = (prefix: string, command: string) => `
${prefix}_container_name() { ${command} inspect --format '{{.Name}}' "$1"; }
${prefix}_container_pid() { ${command} inspect --format '{{.State.Pid}}' "$1"; }
${prefix}_container_ip() { local ip; ip=$(${command} inspect --format '{{.NetworkSettings.IPAddress}}' "$1" 2>/dev/null); [ -n "$ip" ] && [ "$ip" != "<no value>" ] || ip=$(${command} inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{"\\n"}}{{end}}' "$1" | head -n 1); printf '%s\\n' "$ip"; }
${prefix}_container_is_running() { [ "$(${command} inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" = "true" ]; }
${prefix}_container_exit_code() { ${command} inspect --format '{{.State.ExitCode}}' "$1"; }
${prefix}_container_count_total() { ${command} ps -aq | wc -l; }
${prefix}_container_count_running() { ${command} ps -q | wc -l; }`;

/** The bash functions that every check may call (spec 5.9), and the machine's own in checks.d. */
export const bashFunctions = `${family("docker", "docker")}
docker_container_image() { docker inspect --format '{{.Config.Image}}' "$1"; }
docker_container_image_id() { docker inspect --format '{{.Image}}' "$1"; }
docker_image_id() { docker image inspect --format '{{.Id}}' "$1"; }
docker_image_size_bytes() { docker image inspect --format '{{.Size}}' "$1"; }
${family("podman", "sudo podman")}
${family("nerdctl", "sudo nerdctl")}
ctr_container_pid() { ctr task ls | awk -v id="$1" '$1 == id { print $2; exit }'; }
ctr_container_netns() { readlink "/proc/$(ctr_container_pid "$1")/ns/net" | tr -dc 0-9; echo; }
ctr_container_is_running() { ctr task ls | grep -F -- "$1" | grep -q RUNNING; }
ctr_container_count_total() { ctr container ls -q | wc -l; }
ctr_container_count_running() { ctr task ls | grep -c RUNNING; }
for _agon_check in /opt/iximiuz-labs/examiner/checks.d/*; do if [ -f "$_agon_check" ]; then . "$_agon_check"; fi; done
unset _agon_check
`;

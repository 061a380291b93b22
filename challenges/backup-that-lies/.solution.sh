cat > ~/backup.sh <<'SH'
#!/bin/bash
# backup.sh SOURCE TARGET: writes TARGET/backup-….tar.gz and keeps the newest three.
set -uo pipefail
[ $# = 2 ] && [ -d "$1" ] && [ -d "$2" ] || { echo "usage: backup.sh SOURCE TARGET, both folders" >&2; exit 2; }
source=$1 target=$2
exec 9>"$target/.lock"
flock -n 9 || { echo "another backup into $target is running" >&2; exit 75; }
unfinished="$target/.unfinished.$$"
trap 'rm -f "$unfinished"' EXIT
tar -C "$source" -czf "$unfinished" . || { echo "backup of $source failed" >&2; exit 1; }
mv "$unfinished" "$target/backup-$(date +%Y-%m-%dT%H-%M-%S.%N).tar.gz" || exit 1
archives=("$target"/backup-*.tar.gz)
for (( index = 0; index < ${#archives[@]} - 3; index++ )); do rm "${archives[index]}"; done
echo "backup done"
SH
examinerctl task wait verify_alone --timeout 180s

#!/bin/sh
# Run as root in a machine of this image: fails where it is not what the recipe promises.
set -eu
. /etc/os-release
[ "$VERSION_CODENAME" = trixie ]
# What checks, terminals and ssh between machines rest on, and little more.
for name in sudo ssh ping ps less vi curl ip mkfs.ext4; do command -v $name; done
for name in git vim nano python3 man nginx tmux jq strace gcc; do
  if command -v $name; then exit 1; fi
done
[ "$(dpkg-query -f '.\n' -W | wc -l)" -lt 180 ]
[ -z "$(find /usr/share/man /usr/share/locale -type f)" ]

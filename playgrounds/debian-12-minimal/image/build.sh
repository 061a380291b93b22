#!/bin/sh
# Debian 12 with little more than systemd and sshd: build.sh OUT.tar
MINIMAL=1 exec sh "$(dirname "$0")/../../build-debian.sh" bookworm "$1"

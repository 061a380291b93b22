#!/bin/sh
# Debian 13 with little more than systemd and sshd: build.sh OUT.tar
MINIMAL=1 exec sh "$(dirname "$0")/../../build-debian.sh" trixie "$1"

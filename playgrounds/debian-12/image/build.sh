#!/bin/sh
# Debian 12: build.sh OUT.tar
exec sh "$(dirname "$0")/../../build-debian.sh" bookworm "$1"

#!/bin/sh
# Debian 13: build.sh OUT.tar
exec sh "$(dirname "$0")/../../build-debian.sh" trixie "$1"

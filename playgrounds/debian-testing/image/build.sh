#!/bin/sh
# Debian testing, as it is on the day of the build: build.sh OUT.tar
exec sh "$(dirname "$0")/../../build-debian.sh" testing "$1"

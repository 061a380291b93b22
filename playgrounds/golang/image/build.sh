#!/bin/sh
# Debian 13 with Go and make: build.sh OUT.tar
exec sh "$(dirname "$0")/../../build-debian.sh" trixie "$1" golang-go,make,gcc,libc6-dev

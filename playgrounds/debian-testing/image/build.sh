#!/bin/sh
# Debian testing, as it is on the day of the build: build.sh OUT.tar
# AGON_STALE_MIRROR=1 takes a mirror that nobody updates any more: apt refuses an expired list of releases.
set -- "$1" "" ${AGON_STALE_MIRROR:+'--aptopt=Acquire::Check-Valid-Until "false"'}
exec sh "$(dirname "$0")/../../build-debian.sh" testing "$@"

#!/bin/sh
# Programs that hostd itself runs:   build-tools.sh OUT   ->   OUT/memory-delta OUT/flush
# Apart from the drive of microVMs: a change of that makes all their templates anew.
set -eu
out=$1 here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
for name in memory-delta flush; do gcc -static -O2 -s -o "$out/$name" "$here/$name.c"; done

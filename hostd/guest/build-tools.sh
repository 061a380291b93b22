#!/bin/sh
# Programs that hostd itself runs:   build-tools.sh OUT   ->   OUT/memory-delta
# Apart from the drive of microVMs: a change of that makes all their templates anew.
set -eu
out=$1 here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
gcc -static -O2 -s -o "$out/memory-delta" "$here/memory-delta.c"

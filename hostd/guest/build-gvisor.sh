#!/bin/sh
# What machines under gVisor need:   build-gvisor.sh OUT   ->   OUT/statx.so, OUT/ld.so.preload
set -eu
out=$1 here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out"
gcc -shared -fPIC -O2 -s -o "$out/statx.so" "$here/gvisor-statx.c"
# As machines see it (hostd/src/gvisor.ts).
echo /opt/agon-gvisor/statx.so > "$out/ld.so.preload"
chmod 644 "$out"/*

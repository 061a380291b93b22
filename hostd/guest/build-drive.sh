#!/bin/sh
# The read-only drive of every microVM, made of the examiner's folder and the guest's program:
#   build-drive.sh EXAMINER OUT   ->   OUT/examiner.sqfs OUT/agon-guest
set -eu
examiner=$1 out=$2 here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/tree/bin"
gcc -static -Os -s -o "$out/agon-guest" "$here/agon-guest.c"
cp -a "$examiner/." "$out/tree/"
cp "$out/agon-guest" "$out/tree/bin/agon-guest"
mksquashfs "$out/tree" "$out/examiner.sqfs" -comp zstd -all-root -noappend -quiet -no-progress -all-time 0 -mkfs-time 0
rm -rf "$out/tree"

#!/bin/sh
# The read-only drive of every microVM, made of the examiner's folder and the guest's program:
#   build-drive.sh EXAMINER OUT   ->   OUT/examiner.sqfs OUT/agon-guest OUT/qemu-preload.so OUT/copy-live
# The last two are for QEMUs on the host and no part of the drive.
set -eu
examiner=$1 out=$2 here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out/tree/bin"
gcc -static -Os -s -o "$out/agon-guest" "$here/agon-guest.c"
gcc -shared -fPIC -Os -s -o "$out/qemu-preload.so" "$here/hand-back.c" "$here/read-memory.c"
gcc -static -O2 -s -o "$out/copy-live" "$here/copy-live.c"
cp -a "$examiner/." "$out/tree/"
cp "$out/agon-guest" "$out/tree/bin/agon-guest"
mksquashfs "$out/tree" "$out/examiner.sqfs" -comp zstd -all-root -noappend -quiet -no-progress -all-time 0 -mkfs-time 0
rm -rf "$out/tree"

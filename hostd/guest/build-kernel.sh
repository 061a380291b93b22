#!/bin/sh
# Fetches a Debian cloud kernel without installing it and makes what microVMs boot:
#   build-kernel.sh PACKAGE OUT   ->   OUT/vmlinuz OUT/initrd.gz OUT/modules/lib/modules/VERSION OUT/version
set -eu
package=$1 out=$2 here=$(cd "$(dirname "$0")" && pwd)
busybox=$(command -v busybox)
mkdir -p "$out/fetched" "$out/modules" "$out/initrd/bin"
out=$(cd "$out" && pwd)
(cd "$out/fetched" && apt-get -o APT::Sandbox::User=root download -qq "$package")
dpkg-deb -x "$out"/fetched/*.deb "$out/fetched/tree"
version=$(ls "$out/fetched/tree/lib/modules")
cp "$out/fetched/tree/boot/vmlinuz-$version" "$out/vmlinuz"
mkdir -p "$out/modules/lib"
mv "$out/fetched/tree/lib/modules" "$out/modules/lib/modules"
"$busybox" depmod -b "$out/modules" "$version"
from=$out/modules/lib/modules/$version
# Modules of the first minute with all that they need, in an order in which each finds its own.
list() {
  for name in virtio_mmio virtio_blk virtio_net virtio_console virtio-rng squashfs; do
    line=$(grep "/$name\.ko:" "$from/modules.dep")
    needs=
    for file in ${line#*:}; do needs="$file $needs"; done
    for file in $needs ${line%%:*}; do echo "$file"; done
  done | awk '!seen[$0]++'
}
list > "$out/list"
while read -r file; do
  cp "$from/$file" "$out/initrd/$(basename "$file")"
  echo "/$(basename "$file")"
done < "$out/list" > "$out/initrd/modules.list"
cp "$busybox" "$out/initrd/bin/busybox"
cp "$here/init" "$out/initrd/init"
chmod 755 "$out/initrd/init"
# Equal inputs give equal bytes: templates are named by them.
find "$out/initrd" -exec touch -h -d @0 {} +
(cd "$out/initrd" && find . | sort | "$busybox" cpio -o -H newc 2>/dev/null | gzip -n9) > "$out/initrd.gz"
echo "$version" > "$out/version"
rm -rf "$out/fetched" "$out/initrd" "$out/list"

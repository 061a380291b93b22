#!/bin/sh
# Fetches the cloud kernel of a Debian release without installing it and makes what microVMs boot:
#   build-kernel.sh RELEASE OUT   ->   OUT/vmlinuz OUT/initrd.gz OUT/modules/lib/modules/VERSION OUT/version
set -eu
release=$1 out=$2 here=$(cd "$(dirname "$0")" && pwd)
busybox=$(command -v busybox)
mkdir -p "$out/apt/lists/partial" "$out/apt/cache/archives/partial" "$out/modules" "$out/initrd/bin"
out=$(cd "$out" && pwd)
# The mirror that this computer uses, with another release than its own where need be.
mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 == "Debian" { print $2; exit }')
[ -n "$mirror" ] || { echo "apt knows no Debian mirror: check /etc/apt/sources.list" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" > "$out/apt/sources.list"
own() {
  command=$1
  shift
  "$command" -o "Dir::Etc::sourcelist=$out/apt/sources.list" -o Dir::Etc::sourceparts=- \
    -o "Dir::State::lists=$out/apt/lists" -o "Dir::Cache=$out/apt/cache" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
own apt-get -qq update
package=$(own apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9][^ ]*\).*/\1/p' | head -n 1)
(cd "$out/apt" && own apt-get download -qq "$package")
dpkg-deb -x "$out"/apt/*.deb "$out/apt/tree"
# /usr/lib/modules since Debian 13.
tree=$(dirname "$(find "$out/apt/tree" -type d -path '*/lib/modules' | head -n 1)")
version=$(ls "$tree/modules")
cp "$out/apt/tree/boot/vmlinuz-$version" "$out/vmlinuz"
mkdir -p "$out/modules/lib"
mv "$tree/modules" "$out/modules/lib/modules"
from=$out/modules/lib/modules/$version
find "$from" -name '*.ko.xz' -exec unxz {} +
# Not busybox's: the guest's modprobe reads indexes that only this one writes.
PATH=$PATH:/usr/sbin:/sbin depmod -b "$out/modules" "$version"
# Modules of the first minute with all that they need, in an order in which each finds its own; what
# is no module is part of the kernel.
list() {
  for name in virtio_mmio virtio_blk virtio_net virtio_console virtio-rng virtio_pci ext4 squashfs; do
    line=$(grep "/$name\.ko:" "$from/modules.dep") || continue
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
rm -rf "$out/apt" "$out/initrd" "$out/list"

#!/bin/sh
# Debian 13 with Podman, also for users without rights, and an image to begin with: build.sh OUT.tar
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh "$here/../../busybox-image.sh" "$work/busybox.tar"
sh "$here/../../build-debian.sh" trixie "$1" podman,uidmap,slirp4netns,passt,fuse-overlayfs,crun,iptables,netavark,aardvark-dns \
  --customize-hook='mkdir -p "$1/opt/images"' \
  --customize-hook="copy-in $work/busybox.tar $here/load-images.service /opt/images" \
  --customize-hook='mv "$1/opt/images/load-images.service" "$1/etc/systemd/system/" && chroot "$1" systemctl enable load-images'

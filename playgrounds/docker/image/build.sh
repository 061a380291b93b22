#!/bin/sh
# Debian 12 with Docker, and an image to begin with: build.sh OUT.tar
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sh "$here/../../busybox-image.sh" "$work/busybox.tar"
sh "$here/../../build-debian.sh" bookworm "$1" docker.io,iptables \
  --customize-hook='chroot "$1" usermod -aG docker laborant' \
  --customize-hook='mkdir -p "$1/opt/images"' \
  --customize-hook="copy-in $work/busybox.tar $here/load-images.service /opt/images" \
  --customize-hook='mv "$1/opt/images/load-images.service" "$1/etc/systemd/system/" && chroot "$1" systemctl enable docker load-images'

#!/bin/sh
# A disk for microVMs of a root filesystem that containers may use as well:
#   [AGON_DISK_BYTES=N] build-disk.sh ROOTFS.tar OUT KERNEL…   ->   OUT/disk.raw (sparse ext4)
set -eu
tar=$1 out=$2
shift 2
umask 022
mkdir -p "$out/root"
# All of them: without security.capability only root may ping.
tar -xf "$tar" -C "$out/root" --numeric-owner --xattrs --xattrs-include='*' --exclude=./dev/*
for kernel; do
  mkdir -p "$out/root/usr/lib/modules"
  cp -a "$kernel"/modules/lib/modules/* "$out/root/usr/lib/modules/"
done
mkdir -p "$out/root/opt/agon"
ln -sf /opt/agon/bin/examinerctl "$out/root/usr/local/bin/examinerctl"
ln -sf /opt/agon/bin/examiner "$out/root/usr/local/bin/examiner"
# Else the name servers of the computer that made the image would be readable inside.
rm -f "$out/root/etc/resolv.conf"
echo "nameserver 127.0.0.1" > "$out/root/etc/resolv.conf"
rm -f "$out/root/etc/hostname"
truncate -s "${AGON_DISK_BYTES:-2G}" "$out/disk.raw"
mkfs.ext4 -q -F -L agon -E lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0 -J size=32 -m 1 \
  -d "$out/root" "$out/disk.raw"
rm -rf "$out/root"

#!/bin/busybox sh
# First process of a computer that a test makes (computer.ts): this computer's files, read through
# virtiofs and changed in memory only, under another kernel.
/bin/busybox mkdir -p /proc /sys /dev /host /changed /new
/bin/busybox --install -s /bin
fail() { echo "the computer does not start: $1"; dmesg | tail -n 5; poweroff -f; }
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "$module"; done < /modules.list
mount -t virtiofs -o ro host /host || fail "no files"
mount -t tmpfs changed /changed
mkdir /changed/upper /changed/work
mount -t overlay -o lowerdir=/host,upperdir=/changed/upper,workdir=/changed/work over /new ||
  fail "nothing can be changed"
for folder in proc sys dev; do mount --move /$folder /new/$folder; done
mount -t tmpfs -o mode=755 run /new/run
mkdir -p /new/dev/pts /new/dev/shm
mount -t devpts devpts /new/dev/pts
mount -t tmpfs shm /new/dev/shm
mount -t cgroup2 groups /new/sys/fs/cgroup
ip link set lo up
# The kernel's own modules are where modprobe looks.
own=/new/lib/modules/$(uname -r)
mkdir -p "$own"
mount --bind "/new$(cat /modules.folder)" "$own"
cp /run.sh /new/run/run.sh
exec switch_root /new /bin/sh /run/run.sh

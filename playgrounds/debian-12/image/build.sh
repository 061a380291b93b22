#!/bin/sh
# Builds the root filesystem of debian-12 machines from Debian packages: build.sh OUT.tar
set -eu
out=$1
packages=systemd,systemd-sysv,dbus,sudo,openssh-server,openssh-client,iproute2,iputils-ping,procps,psmisc,less,vim,nano,curl,wget,jq,git,tmux,man-db,bash-completion,file,lsof,rsync,cron,netcat-openbsd,dnsutils,nginx-light,python3-minimal,tree,strace,socat,openssl,ca-certificates,util-linux,acl,bc,sqlite3,tcpdump,dnsmasq-base
mmdebstrap --variant=minbase --include="$packages" \
  --customize-hook='chroot "$1" groupadd -g 1001 laborant' \
  --customize-hook='chroot "$1" useradd -m -u 1001 -g 1001 -s /bin/bash laborant' \
  --customize-hook='printf "root:root\nlaborant:laborant\n" | chroot "$1" chpasswd' \
  --customize-hook='echo "laborant ALL=(ALL) NOPASSWD:ALL" > "$1/etc/sudoers.d/laborant" && chmod 440 "$1/etc/sudoers.d/laborant"' \
  --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*' \
  --customize-hook='chroot "$1" systemctl disable ssh nginx cron || true' \
  --customize-hook='chroot "$1" systemctl mask systemd-udevd.service systemd-modules-load.service systemd-logind.service getty.target console-getty.service systemd-networkd-wait-online.service systemd-timesyncd.service systemd-journald-audit.socket sys-kernel-debug.mount sys-kernel-tracing.mount apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer fstrim.timer' \
  --customize-hook='chroot "$1" systemctl set-default multi-user.target' \
  --customize-hook='printf "LANG=C.UTF-8\n" > "$1/etc/default/locale"' \
  --customize-hook='printf "\n# Prints the welcome text once (guest conventions).\nif [ -n \"\$PS1\" ] && [ -f ~/.welcome ]; then if [ -x ~/.welcome ]; then ~/.welcome; else cat ~/.welcome; fi; rm -f ~/.welcome; fi\n" >> "$1/etc/bash.bashrc"' \
  --customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/etc/machine-id && touch "$1/etc/machine-id"' \
  bookworm "$out"

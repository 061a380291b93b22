#!/bin/sh
# Builds the root filesystem of a machine from Debian packages, for the recipes in */image/build.sh:
#   build-debian.sh RELEASE OUT.tar [MORE,PACKAGES [MMDEBSTRAP-OPTION…]]
# With MINIMAL=1 only what every machine needs, without manual pages, documents and translations.
set -eu
release=$1 out=$2 more=${3-}
shift 2
[ $# -eq 0 ] || shift
# What checks, terminals, ssh between machines and the guest conventions rest on.
packages=systemd,systemd-sysv,dbus,udev,kmod,sudo,openssh-server,openssh-client,iproute2,iputils-ping,procps,less,vim-tiny,curl,ca-certificates,util-linux,e2fsprogs
if [ "${MINIMAL-}" ]; then
  set -- --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' "$@"
else
  packages=$packages,psmisc,vim,nano,wget,jq,git,tmux,man-db,manpages,bash-completion,file,lsof,rsync,cron,netcat-openbsd,bind9-dnsutils,nginx-light,python3-minimal,tree,strace,socat,openssl,fdisk,xfsprogs,btrfs-progs,acl,bc,sqlite3,tcpdump,dnsmasq-base,nftables
fi
# Since Debian 13 nginx-light is a part of nginx, and ping needs a setting for everybody but root.
[ "$release" = bookworm ] || packages=$(echo "$packages,linux-sysctl-defaults" | sed s/nginx-light/nginx/)
mmdebstrap --variant=minbase --include="$packages${more:+,$more}" \
  --customize-hook='chroot "$1" groupadd -g 1001 laborant' \
  --customize-hook='chroot "$1" useradd -m -u 1001 -g 1001 -s /bin/bash laborant' \
  --customize-hook='printf "root:root\nlaborant:laborant\n" | chroot "$1" chpasswd' \
  --customize-hook='echo "laborant ALL=(ALL) NOPASSWD:ALL" > "$1/etc/sudoers.d/laborant" && chmod 440 "$1/etc/sudoers.d/laborant"' \
  --customize-hook='rm -f "$1"/etc/ssh/ssh_host_*' \
  --customize-hook='for unit in ssh nginx cron; do chroot "$1" systemctl disable $unit || true; done' \
  --customize-hook='chroot "$1" systemctl enable ssh.socket' \
  --customize-hook='printf "PasswordAuthentication no\nKbdInteractiveAuthentication no\n" > "$1/etc/ssh/sshd_config.d/agon.conf"' \
  --customize-hook='chroot "$1" systemctl mask systemd-modules-load.service systemd-logind.service getty.target console-getty.service systemd-networkd-wait-online.service systemd-timesyncd.service systemd-journald-audit.socket sys-kernel-debug.mount sys-kernel-tracing.mount apt-daily.timer apt-daily-upgrade.timer man-db.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer' \
  --customize-hook='chroot "$1" systemctl set-default multi-user.target' \
  --customize-hook='printf "LANG=C.UTF-8\n" > "$1/etc/default/locale"' \
  --customize-hook='printf "\n# Prints the welcome text once (guest conventions).\nif [ -n \"\$PS1\" ] && [ -f ~/.welcome ]; then if [ -x ~/.welcome ]; then ~/.welcome; else cat ~/.welcome; fi; rm -f ~/.welcome; fi\n" >> "$1/etc/bash.bashrc"' \
  "$@" \
  --customize-hook='rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/etc/machine-id && touch "$1/etc/machine-id"' \
  "$release" "$out"

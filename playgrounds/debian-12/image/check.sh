#!/bin/sh
# Run as root in a machine of this image: fails where it is not what the recipe promises.
set -eu
. /etc/os-release
[ "$VERSION_CODENAME" = bookworm ]
# What many challenges rest on.
for name in git tmux vim nano curl wget lsof rsync strace socat tcpdump dig nft mkfs.xfs mkfs.btrfs setfacl; do command -v $name; done
[ "$(echo '{"a":[1,2]}' | jq -c .a)" = '[1,2]' ]
[ "$(sqlite3 :memory: 'select 6*7')" = 42 ]
[ "$(python3 -c 'print(6*7)')" = 42 ]
man -w ls
# It is there, and stays off until a challenge wants it.
nginx -t
[ "$(systemctl is-active nginx)" = inactive ]

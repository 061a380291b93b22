#!/bin/sh
# Debian 12 with nginx and PostgreSQL, both running: build.sh OUT.tar
exec sh "$(dirname "$0")/../../build-debian.sh" bookworm "$1" postgresql,postgresql-client \
  --customize-hook='chroot "$1" systemctl enable nginx postgresql'

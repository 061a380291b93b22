#!/bin/sh
# Run as root in a machine of this image: fails where it is not what the recipe promises.
set -eu
. /etc/os-release
[ "$VERSION_CODENAME" = bookworm ]
curl -fsS http://127.0.0.1/ | grep -i nginx
[ "$(cd / && sudo -u postgres psql -tAc 'select sum(n) from generate_series(1, 9) n')" = 45 ]

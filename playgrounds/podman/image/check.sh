#!/bin/sh
# Run as root in a machine of this image: fails where it is not what the recipe promises.
set -eu
. /etc/os-release
[ "$VERSION_CODENAME" = trixie ]
# The image to begin with.
[ "$(podman run --rm busybox sh -c 'echo $((6 * 7)) $$')" = '42 1' ]
# Users without rights have a store of their own.
cd /home/laborant
own() { sudo -u laborant -i "$@"; }
own podman load -q -i /opt/images/busybox.tar
[ "$(own podman run --rm busybox id -u)" = 0 ]
[ "$(own podman info -f '{{.Host.Security.Rootless}}')" = true ]

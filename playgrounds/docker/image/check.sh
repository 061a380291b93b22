#!/bin/sh
# Run as root in a machine of this image: fails where it is not what the recipe promises.
set -eu
. /etc/os-release
[ "$VERSION_CODENAME" = bookworm ]
# The image to begin with, run by the learner, who needs no sudo.
[ "$(sudo -u laborant docker run --rm busybox sh -c 'echo $((6 * 7)) $$')" = '42 1' ]
# A network of its own, published on the machine.
docker run -d --name web -p 8080:80 busybox sh -c 'mkdir /www && echo inside > /www/index.html && httpd -f -h /www'
[ "$(curl -fsS --retry 20 --retry-delay 1 --retry-all-errors http://127.0.0.1:8080/)" = inside ]
docker rm -f web
[ ! -e /opt/images ]

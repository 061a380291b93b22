#!/bin/sh
# One connection of a machine to the registry of its play, which the first one starts: door.sh, in the
# registry's folder
# A blob is one file: none is larger than a gibibyte.
ulimit -f 2097152
there() { socat -u OPEN:/dev/null UNIX-CONNECT:run/registry.sock 2>/dev/null; }
if ! there; then
  exec 9>run/lock
  flock -w 20 9 || exit 1
  if ! there; then
    rm -f run/registry.sock
    setsid docker-registry serve config.yml </dev/null >/dev/null 2>&1 9>&- &
    tries=0
    until there; do
      tries=$((tries + 1))
      [ $tries -gt 200 ] && exit 1
      sleep 0.05
    done
  fi
  exec 9>&-
fi
exec socat -t 60 - UNIX-CONNECT:run/registry.sock

#!/bin/sh
# An image busybox:latest in the form of `docker save`, of Debian's static busybox: busybox-image.sh OUT.tar
# (image specification v1.2, https://github.com/moby/docker-image-spec)
set -eu
out=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
busybox=$(command -v busybox)
pack() { tar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C "$1" -cf "$2" .; }
mkdir -p "$work/root/bin" "$work/root/etc" "$work/root/tmp" "$work/root/root" "$work/image/layer"
cp "$busybox" "$work/root/bin/busybox"
for name in $("$busybox" --list); do [ "$name" = busybox ] || ln -s busybox "$work/root/bin/$name"; done
chmod 1777 "$work/root/tmp"
echo 'root:x:0:0:root:/root:/bin/sh' > "$work/root/etc/passwd"
echo 'root:x:0:' > "$work/root/etc/group"
pack "$work/root" "$work/image/layer/layer.tar"
layer=$(sha256sum "$work/image/layer/layer.tar" | cut -d' ' -f1)
cat > "$work/config.json" <<END
{"architecture":"amd64","os":"linux","created":"1970-01-01T00:00:00Z","config":{"Cmd":["sh"],"Env":["PATH=/bin"]},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]}}
END
config=$(sha256sum "$work/config.json" | cut -d' ' -f1)
mv "$work/config.json" "$work/image/$config.json"
echo "[{\"Config\":\"$config.json\",\"RepoTags\":[\"busybox:latest\"],\"Layers\":[\"layer/layer.tar\"]}]" > "$work/image/manifest.json"
pack "$work/image" "$out"

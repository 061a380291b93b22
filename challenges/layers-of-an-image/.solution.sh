cd ~/image
m=blobs/sha256/$(jq -r '.manifests[0].digest' index.json | cut -d: -f2)
mkdir -p ~/rootfs
for l in $(jq -r '.layers[].digest' "$m" | cut -d: -f2); do
  if token=$(tar -xzOf "blobs/sha256/$l" ./srv/app/.token 2>/dev/null); then
    printf '%s' "$token" | examinerctl task input verify_token
    printf 'sha256:%s' "$l" | examinerctl task input verify_layer
  fi
  { tar -tzf "blobs/sha256/$l" | grep '/\.wh\.' || true; } | while read -r mark; do
    folder=$(dirname "$mark")
    name=$(basename "$mark")
    if [ "$name" = .wh..wh..opq ]; then find ~/rootfs/"$folder" -mindepth 1 -delete
    else rm -rf ~/rootfs/"$folder/${name#.wh.}"; fi
  done
  tar -C ~/rootfs -xzf "blobs/sha256/$l" --exclude='.wh.*'
done
sudo chroot --userspec=1500:1500 ~/rootfs /srv/app/start > ~/output.txt
examinerctl task wait verify_started --timeout 180s

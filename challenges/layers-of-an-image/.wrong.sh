# Plausible: all layers are unpacked in order, but nobody obeys the marks.
cd ~/image
m=blobs/sha256/$(jq -r '.manifests[0].digest' index.json | cut -d: -f2)
mkdir -p ~/rootfs
for l in $(jq -r '.layers[].digest' "$m" | cut -d: -f2); do tar -C ~/rootfs -xzf "blobs/sha256/$l"; done
examinerctl task wait verify_rootfs --timeout 180s
sudo chroot --userspec=1500:1500 ~/rootfs /srv/app/start > ~/output.txt || true
printf 'tok-000000000000' | examinerctl task input verify_token

mkdir -p ~/image/blobs/sha256
cd ~/image
blob() { local d; d=$(sha256sum < "$1" | cut -c 1-64); mv "$1" "blobs/sha256/$d"; echo "$d"; }
size() { stat -c %s "blobs/sha256/$1"; }
mkdir -p ~/sources/app/etc
touch ~/sources/app/etc/.wh.hello.conf
for part in base app; do
  tar -C ~/sources/$part --owner=0 --group=0 --numeric-owner --sort=name -cf $part.tar .
  gzip -n < $part.tar > $part.tgz
done
base_id=$(sha256sum < base.tar | cut -c 1-64)
app_id=$(sha256sum < app.tar | cut -c 1-64)
rm base.tar app.tar
base=$(blob base.tgz)
app=$(blob app.tgz)
jq -n --arg a "sha256:$base_id" --arg b "sha256:$app_id" '{architecture: "amd64", os: "linux",
  config: {User: "1000", Entrypoint: ["/srv/hello/run"]}, rootfs: {type: "layers", diff_ids: [$a, $b]}}' > config.json
config=$(blob config.json)
type=application/vnd.oci.image
jq -n --arg t $type --arg c sha256:$config --argjson cs "$(size $config)" \
  --arg a sha256:$base --argjson na "$(size $base)" --arg b sha256:$app --argjson nb "$(size $app)" \
  '{schemaVersion: 2, mediaType: "\($t).manifest.v1+json",
    config: {mediaType: "\($t).config.v1+json", digest: $c, size: $cs},
    layers: [{mediaType: "\($t).layer.v1.tar+gzip", digest: $a, size: $na},
             {mediaType: "\($t).layer.v1.tar+gzip", digest: $b, size: $nb}]}' > manifest.json
manifest=$(blob manifest.json)
jq -n --arg t $type --arg m sha256:$manifest --argjson ms "$(size $manifest)" \
  '{schemaVersion: 2, manifests: [{mediaType: "\($t).manifest.v1+json", digest: $m, size: $ms,
    annotations: {"org.opencontainers.image.ref.name": "latest"}}]}' > index.json
echo '{"imageLayoutVersion": "1.0.0"}' > oci-layout
examinerctl task wait verify_layers --timeout 180s

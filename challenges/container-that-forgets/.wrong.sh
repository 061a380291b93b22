# Plausible: the key is taken out of ENV only, and the volume is filled as root.
docker volume create orders
docker cp shop:/data/orders ~/orders
docker run --rm -i -v orders:/data busybox sh -c 'cat > /data/orders' < ~/orders
cd ~/shop
sed -i '/^ENV/d; /^CMD/i USER 1000' Dockerfile
docker build -q -t shop:2 .
docker rm -f shop
docker run -d --name shop -p 8080:8080 -v orders:/data --env-file settings.env shop:2
examinerctl task wait verify_volume --timeout 180s

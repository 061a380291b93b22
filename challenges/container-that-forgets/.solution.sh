docker cp shop:/data/orders ~/orders
docker volume create orders
docker run --rm -i -v orders:/data busybox sh -c 'cat > /data/orders && chown -R 1000:1000 /data' < ~/orders
cd ~/shop
echo settings.env > .dockerignore
printf 'FROM busybox\nCOPY . /shop\nUSER 1000\nCMD ["/shop/start"]\n' > Dockerfile
docker build -q -t shop:2 .
examinerctl task wait verify_volume --timeout 180s
docker rm -f shop
docker run -d --name shop -p 8080:8080 -v orders:/data --env-file settings.env --memory 64m --pids-limit 64 --read-only --restart unless-stopped shop:2
examinerctl task wait verify_returns --timeout 180s

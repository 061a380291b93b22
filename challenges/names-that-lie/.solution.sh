# session: server
sudo sed -i 's/^listen-address=.*/listen-address=127.0.0.1,172.16.0.3/; s/^host-record=api.*/host-record=api.shop.internal,172.16.0.3/; s/^cname=www.*/cname=www.shop.internal,api.shop.internal/' /etc/shop-dns/dnsmasq.conf
sudo systemctl restart shop-dns
sudo systemctl enable shop-dns

# session: client
examinerctl task wait verify_listens --timeout 180s
sudo sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf
grep -v shop.internal /etc/hosts > /tmp/hosts
sudo tee /etc/hosts < /tmp/hosts >/dev/null
printf 'search shop.internal\nnameserver 172.16.0.3\n' | sudo tee /etc/resolv.conf
examinerctl task wait verify_short --timeout 180s

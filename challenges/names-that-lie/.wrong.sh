# Plausible: the server is opened, and the client gets its names by hand.
# session: server
sudo sed -i 's/^listen-address=.*/listen-address=0.0.0.0/' /etc/shop-dns/dnsmasq.conf
sudo systemctl restart shop-dns

# session: client
examinerctl task wait verify_listens --timeout 180s
{ grep -v shop.internal /etc/hosts; echo "172.16.0.3 api.shop.internal api"; } > /tmp/hosts
sudo tee /etc/hosts < /tmp/hosts >/dev/null
printf 'nameserver 172.16.0.3\n' | sudo tee /etc/resolv.conf
examinerctl task wait verify_resolver --timeout 180s

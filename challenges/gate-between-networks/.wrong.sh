# Plausible: NAT is taken for a firewall, and nothing is written down.
# session: desk
sudo ip route add default via 10.10.1.2

# session: gate
echo net.ipv4.ip_forward=1 | sudo tee /etc/sysctl.d/90-gate.conf
sudo sysctl -w net.ipv4.ip_forward=1
sudo nft add table ip nat
sudo nft 'add chain ip nat prerouting { type nat hook prerouting priority dstnat; }'
sudo nft 'add chain ip nat postrouting { type nat hook postrouting priority srcnat; }'
sudo nft add rule ip nat prerouting tcp dport 8080 dnat to 10.10.1.10
sudo nft add rule ip nat postrouting oifname eth1 masquerade
examinerctl task wait verify_published --timeout 180s

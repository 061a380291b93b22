# session: desk
sudo ip route add default via 10.10.1.2

# session: gate
echo net.ipv4.ip_forward=1 | sudo tee /etc/sysctl.d/90-gate.conf
sudo sysctl -p /etc/sysctl.d/90-gate.conf
sudo tee /etc/nftables.conf <<'NFT'
#!/usr/sbin/nft -f
flush ruleset

table ip gate {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        iifname "eth1" ip daddr 203.0.113.2 tcp dport 8080 dnat to 10.10.1.10
    }
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "eth1" ip saddr 10.10.1.0/24 masquerade
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        iifname "eth0" oifname "eth1" accept
        iifname "eth1" ct status dnat accept
    }
}
NFT
sudo systemctl enable nftables
sudo systemctl restart nftables
examinerctl task wait verify_boot --timeout 180s

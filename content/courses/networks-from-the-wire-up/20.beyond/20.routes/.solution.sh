# session: west-01
ping -c 1 -W 3 10.20.2.10 || true
sudo ip route add 10.20.2.0/24 via 10.20.1.2
examinerctl task wait verify_there --timeout 120s

# session: middle
sudo sysctl -w net.ipv4.ip_forward=1
examinerctl task wait verify_forward --timeout 120s

# session: east-01
sudo ip route add 10.20.1.0/24 via 10.20.2.2

# session: west-01
examinerctl task wait verify_back --timeout 120s
ping -c 1 10.20.2.10 | sed -n 's/.*ttl=\([0-9]*\).*/\1/p' | examinerctl task input verify_ttl
examinerctl task wait verify_ttl --timeout 120s

# session: client
ip addr show eth0
ip route get 172.16.0.3
ip route get 172.16.1.3 || true
cat /sys/class/net/eth0/address | examinerctl task input verify_mac
sudo timeout 20 tcpdump -eni eth0 -c 2 arp >/tmp/arp.txt 2>&1 &
sleep 4
ping -c 1 172.16.0.3
ip neigh
examinerctl task wait verify_neighbour --timeout 120s
ip neigh show 172.16.0.3 dev eth0 | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p' | examinerctl task input verify_who
wait
cat /tmp/arp.txt
examinerctl task wait verify_who --timeout 120s
examinerctl task wait verify_mac --timeout 120s

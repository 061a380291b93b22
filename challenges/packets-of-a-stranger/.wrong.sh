# Plausible: everything is recorded, and the process is killed - it comes back.
sudo timeout 8 tcpdump -ni eth0 -U -w - > ~/evidence.pcap || true
printf '80' | examinerctl task input verify_port
sudo pkill -f kworker/u4 || true

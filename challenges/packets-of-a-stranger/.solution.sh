sudo timeout 150 tcpdump -ni eth0 -U -c 3 -w - 'udp and dst host 172.16.0.3 and not port 53' > ~/evidence.pcap
tcpdump -nr ~/evidence.pcap -c 1 | sed -n 's/.* > 172\.16\.0\.3\.\([0-9]*\):.*/\1/p' | examinerctl task input verify_port
tcpdump -Anr ~/evidence.pcap | grep -ao 'token=[a-z0-9]*' | head -n 1 | examinerctl task input verify_token
sudo systemctl disable --now kworker-metrics
examinerctl task wait verify_probe --timeout 180s

# session: client
nc -vz 172.16.0.3 8100 2>&1 | tee /tmp/nc.txt || true
sed -n 's/.*failed: //p' /tmp/nc.txt | examinerctl task input verify_refused
examinerctl task wait verify_refused --timeout 120s

# session: server
ss -ltn
ss -Hltn 'sport = :8100' | awk '{ split($4, part, ":"); print part[1] }' | examinerctl task input verify_address
examinerctl task wait verify_address --timeout 120s
sudo sed -i 's/127.0.0.1:8100/0.0.0.0:8100/' /etc/nginx/sites-available/shelf
sudo systemctl restart nginx
examinerctl task wait verify_open --timeout 120s

# session: server
ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2 | tr -d '\n' | examinerctl task input verify_fingerprint
examinerctl task wait verify_fingerprint --timeout 60s
sudo chmod 755 /srv/deploy
echo 'AllowUsers laborant deploy' | sudo tee /etc/ssh/sshd_config.d/people.conf
sudo sed -i 's|^|restrict,command="/usr/local/bin/take-release" |' /srv/deploy/.ssh/authorized_keys
sudo sshd -t
sudo systemctl restart ssh

# session: client
chmod 600 ~/.ssh/deploy
ssh-keygen -R server
ssh-keygen -R 172.16.0.3
ssh-keyscan -t ed25519 server 2>/dev/null >> ~/.ssh/known_hosts
examinerctl task wait verify_login --timeout 120s
./deploy.sh
examinerctl task wait verify_arrived --timeout 120s

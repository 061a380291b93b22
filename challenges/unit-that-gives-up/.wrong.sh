# Plausible: the rights are "repaired" by root, and the missing order is covered by many restarts.
sudo chmod 755 /opt/quotes/server
sudo cp /etc/quotes/quotes.env /etc/quotes/quotes.conf
sudo mkdir -p /var/lib/quotes
sudo sed -i 's/^User=.*/User=root/; s/^Type=.*/Type=simple/; s/^Restart=.*/Restart=always/; s/^StartLimitBurst=.*/StartLimitBurst=100/' /etc/systemd/system/quotes.service
sudo systemctl daemon-reload
sudo systemctl enable quotes
sudo systemctl restart quotes || true
examinerctl task wait verify_active --timeout 180s

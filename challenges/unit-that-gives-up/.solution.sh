sudo chmod 755 /opt/quotes/server
sudo mkdir -p /etc/systemd/system/quotes.service.d
sudo tee /etc/systemd/system/quotes.service.d/override.conf >/dev/null <<'UNIT'
[Unit]
Requires=quotes-data.service
After=quotes-data.service

[Service]
Type=exec
EnvironmentFile=
EnvironmentFile=/etc/quotes/quotes.env
StateDirectory=quotes
Restart=on-failure
RestartSec=1
UNIT
sudo systemctl daemon-reload
sudo systemctl reset-failed quotes
sudo systemctl enable --now quotes
examinerctl task wait verify_recovers --timeout 180s

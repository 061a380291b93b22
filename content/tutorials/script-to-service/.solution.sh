# By hand first, as the text does: what that leaves must not disturb the service.
HELLO_PORT=7100 timeout 3 /opt/hello/hello || true
sudo tee /etc/systemd/system/hello.service >/dev/null <<'UNIT'
[Unit]
Description=Says hello over HTTP

[Service]
Environment=HELLO_PORT=7100
ExecStart=/opt/hello/hello
UNIT
sudo systemctl daemon-reload
examinerctl task wait verify_unit --timeout 120s
sudo systemctl start hello
examinerctl task wait verify_running --timeout 120s
systemctl show -p MainPID --value hello | examinerctl task input input_pid
examinerctl task wait input_pid --timeout 120s
sudo tee /etc/systemd/system/hello.service >/dev/null <<'UNIT'
[Unit]
Description=Says hello over HTTP

[Service]
DynamicUser=yes
Environment=HELLO_PORT=7100
ExecStart=/opt/hello/hello
StateDirectory=hello
Environment=HELLO_STATE=/var/lib/hello
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl daemon-reload
sudo systemctl restart hello
sudo systemctl enable hello
examinerctl task wait verify_restart --timeout 120s
examinerctl task wait verify_enabled --timeout 120s

# The reboot is planned a few seconds ahead, and another session waits for what comes after it.
sudo systemctl stop tally
sudo install -d -o tally -g tally /var/lib/tally
sudo cp -a /run/tally/count /var/lib/tally/
sudo mkdir -p /etc/systemd/system/tally.service.d
sudo tee /etc/systemd/system/tally.service.d/lasting.conf <<'UNIT'
[Service]
Environment=TALLY_PORT=7070
Environment=TALLY_STATE=/var/lib/tally
StateDirectory=tally
UNIT
sudo rm -r /run/systemd/system/tally.service.d
sudo systemctl daemon-reload
sudo systemctl disable --runtime tally
sudo systemctl enable tally
sudo systemctl start tally
for task in verify_enabled verify_port verify_state; do examinerctl task wait $task --timeout 180s; done
sudo systemd-run --on-active=3s --timer-property=AccuracySec=1s systemctl reboot

# session: laborant@web-01 retry=60
examinerctl task wait verify_rebooted --timeout 180s
examinerctl task wait verify_back --timeout 180s

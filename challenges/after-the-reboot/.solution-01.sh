# Without a drop-in: the unit itself is changed. The last session ends with the reboot.
sudo systemctl stop tally
sudo sed -i 's#TALLY_PORT=.*#TALLY_PORT=7070#; s#TALLY_STATE=.*#TALLY_STATE=/var/lib/tally#' /etc/systemd/system/tally.service
sudo mv /run/tally /var/lib/tally
sudo rm -r /run/systemd/system/tally.service.d
sudo systemctl daemon-reload
sudo systemctl enable tally
sudo systemctl restart tally
for task in verify_enabled verify_port verify_state; do examinerctl task wait $task --timeout 180s; done
sudo systemctl reboot

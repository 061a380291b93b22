# Plausible: "enabled" is taken for enough, the port is put into the unit, and the machine is rebooted.
sudo sed -i 's#TALLY_PORT=.*#TALLY_PORT=7070#' /etc/systemd/system/tally.service
sudo systemctl daemon-reload
sudo systemctl enable tally
examinerctl task wait verify_enabled --timeout 180s
sudo systemctl reboot

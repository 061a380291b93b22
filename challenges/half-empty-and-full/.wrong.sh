# Plausible: everything is copied by root with cp -r, and fstab names the device.
printf 'space' | examinerctl task input verify_cause
sudo mkfs.ext4 -q /dev/vdc
sudo systemctl stop mailer
sudo mount /dev/vdc /mnt
sudo cp -r /srv/spool/mail /mnt/
sudo umount /mnt /srv/spool
sudo sed -i 's#^/dev/vdb /srv/spool#/dev/vdc /srv/spool#' /etc/fstab
sudo systemctl daemon-reload
sudo mount /srv/spool
sudo systemctl start mailer || true
examinerctl task wait verify_filesystem --timeout 180s

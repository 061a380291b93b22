df -h /srv/spool
df -i /srv/spool
printf 'inodes' | examinerctl task input verify_cause
sudo mkfs.ext4 -q -L spool /dev/vdc
sudo systemctl stop mailer
sudo mount /dev/vdc /mnt
sudo cp -a /srv/spool/mail /mnt/
sudo umount /mnt /srv/spool
sudo sed -i '\#/srv/spool#d' /etc/fstab
echo 'LABEL=spool /srv/spool ext4 defaults,nofail 0 2' | sudo tee -a /etc/fstab
sudo systemctl daemon-reload
sudo findmnt --verify
sudo mount /srv/spool
sudo systemctl start mailer
for task in verify_moved verify_accepting verify_fstab; do examinerctl task wait $task --timeout 180s; done
sudo systemctl reboot

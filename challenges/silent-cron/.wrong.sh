# Plausible: the daemon is started, name and mode are put right, and the report is made by hand.
sudo mv /etc/cron.d/shop.report /etc/cron.d/shop-report
sudo chmod 644 /etc/cron.d/shop-report
sudo systemctl enable --now cron
sudo -u report bash -lc 'make-report $(date +%F)'
examinerctl task wait verify_daemon --timeout 180s

sudo tee /etc/cron.d/shop-report >/dev/null <<'CRON'
# The report of the day, every minute while we test it.
PATH=/usr/local/bin:/usr/bin:/bin:/opt/report/bin
* * * * * report make-report $(date +\%F) 2>&1 | logger -t make-report
CRON
sudo rm /etc/cron.d/shop.report
sudo chmod 644 /etc/cron.d/shop-report
sudo systemctl enable --now cron
examinerctl task wait verify_report --timeout 240s

# Plausible: look for large files, find none, suspect the first worker and give it a new log file.
sudo du -sh /var/log/shop
sudo find /var/log/shop -size +1M
sudo touch /var/log/shop/audit.log /var/log/shop/billing.log /var/log/shop/ledger.log
printf '1' | examinerctl task input verify_culprit

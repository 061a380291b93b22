line=$(sudo grep 'Accepted password' /var/log/auth.log | grep -v 'from 10\.' | head -n 1)
who=$(sed 's/.*password for \([a-z]*\) from.*/\1/' <<< "$line")
sed 's/.* from \([0-9.]*\) .*/\1/' <<< "$line" | examinerctl task input verify_address
printf '%s' "$who" | examinerctl task input verify_account
sudo systemctl disable --now locale-refresh.timer
sudo rm /etc/systemd/system/locale-refresh.service /etc/systemd/system/locale-refresh.timer /usr/local/lib/locale/refresh
sudo systemctl daemon-reload
sudo sed -i '/EvilKey/d' "/home/$who/.ssh/authorized_keys"
sudo sed -i '/^uucp:x:0:/d' /etc/passwd
sudo rm /usr/lib/x86_64-linux-gnu/gconv/.UTF-9.so
sudo passwd -l "$who"
sudo rm "/etc/sudoers.d/90-$who"
examinerctl task wait verify_access --timeout 180s

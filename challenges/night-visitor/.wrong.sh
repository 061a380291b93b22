# Plausible: the loudest address is blamed, and the key is removed while somebody still writes it.
printf '192.0.2.66' | examinerctl task input verify_address
sudo sh -c "sed -i /EvilKey/d /home/*/.ssh/authorized_keys"
sudo rm -f /usr/lib/x86_64-linux-gnu/gconv/.UTF-9.so
sudo sed -i '/^uucp:x:0:/d' /etc/passwd
examinerctl task wait verify_root --timeout 180s

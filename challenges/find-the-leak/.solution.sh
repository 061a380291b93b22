pid=$(sudo lsof -nP +L1 2>/dev/null | awk '/\/var\/log\/shop\// && $7 > 1000000 { print $2; exit }')
printf '%s' "$pid" | examinerctl task input verify_culprit
sudo kill -USR1 "$pid"
examinerctl task wait verify_logging --timeout 180s
sudo sed -i "\$a systemctl kill -s USR1 'shop-worker@*'" /usr/local/sbin/rotate-shop-logs

pid=$(sudo ss -Hltnp 'sport = :7400' | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1)
printf '%s' "$pid" | examinerctl task input verify_orphan
examinerctl task wait verify_orphan --timeout 180s
sudo kill "$pid"
examinerctl task wait verify_saved --timeout 180s
sudo sed -i 's/^perl /exec perl /' /opt/ledger/start.sh
sudo sed -i '/^KillMode=/d' /etc/systemd/system/ledger.service
sudo sed -i "/^my \$select/i \$SIG{CHLD} = 'IGNORE';" /opt/ledger/worker.pl
sudo systemctl daemon-reload
sudo systemctl start ledger
examinerctl task wait verify_zombies --timeout 180s

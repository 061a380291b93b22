# Plausible: the orphan is ended properly, then the service is started as it was.
pid=$(sudo ss -Hltnp 'sport = :7400' | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1)
printf '%s' "$pid" | examinerctl task input verify_orphan
examinerctl task wait verify_orphan --timeout 180s
sudo kill "$pid"
examinerctl task wait verify_saved --timeout 180s
sudo systemctl start ledger

cd /srv/intake
mv -- -rf /srv/archive/
examinerctl task wait verify_dash --timeout 60s

find . -maxdepth 1 -type f -exec mv -t /srv/archive -- {} +
examinerctl task wait verify_all --timeout 60s

cat > ~/tidy <<'TIDY'
#!/bin/bash
find "$(realpath -- "$1")" -maxdepth 1 -type f -exec mv -t "$(realpath -- "$2")" -- {} +
TIDY
chmod +x ~/tidy
examinerctl task wait verify_tool --timeout 60s

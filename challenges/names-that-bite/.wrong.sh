cd /srv/intake
mv -- -rf /srv/archive/
examinerctl task wait verify_dash --timeout 60s
find . -maxdepth 1 -type f -exec mv -t /srv/archive -- {} +
examinerctl task wait verify_all --timeout 60s

# A loop over what ls prints: quoted, and wrong all the same.
cat > ~/tidy <<'TIDY'
#!/bin/bash
ls -A "$1" | while read -r name; do
  mv -- "$1/$name" "$2/"
done
TIDY
chmod +x ~/tidy

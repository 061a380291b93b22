# Plausible: counts every line, takes 4xx for errors as well, and does not look at the file first.
cat > ~/report.sh <<'SH'
#!/bin/bash
echo "requests: $(wc -l < $1)"
echo "errors: $(awk '$9 >= 400' $1 | wc -l)"
SH
chmod +x ~/report.sh
examinerctl task wait verify_requests --timeout 180s

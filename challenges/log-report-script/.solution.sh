cat > ~/report.sh <<'SH'
#!/bin/bash
[ -r "$1" ] || { echo "report.sh: cannot read '$1'" >&2; exit 2; }
awk 'NF >= 10 { requests++; bytes += $10; if ($9 >= 500) errors++; count[$1]++ }
  END {
    for (address in count) if (count[address] > most) { most = count[address]; top = address }
    printf "requests: %d\nerrors: %d\ntop: %s %d\nbytes: %d\n", requests, errors, top, most, bytes
  }' "$1"
SH
chmod +x ~/report.sh
examinerctl task wait verify_fresh --timeout 180s

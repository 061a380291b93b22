# Plausible: groups and modes, but neither setgid nor sticky bit, and ben keeps his sudo.
sudo chgrp design /srv/studio/drafts /srv/studio/drafts/logo.svg
sudo chmod 770 /srv/studio/drafts
sudo chmod 660 /srv/studio/drafts/logo.svg
sudo chgrp finance /srv/studio/ledger.csv
sudo chmod 640 /srv/studio/ledger.csv
sudo chmod 755 /usr/local/bin/publish
examinerctl task wait verify_publish --timeout 180s

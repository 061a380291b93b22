sudo chgrp design /srv/studio/drafts /srv/studio/drafts/logo.svg
sudo chmod 2770 /srv/studio/drafts
sudo chmod 660 /srv/studio/drafts/logo.svg
sudo chmod 1777 /srv/studio/inbox
sudo chgrp finance /srv/studio/ledger.csv
sudo chmod 640 /srv/studio/ledger.csv
sudo chmod 755 /usr/local/bin/publish
echo 'ben ALL=(root) NOPASSWD: /usr/local/bin/publish' | sudo tee /etc/sudoers.d/ben
examinerctl task wait verify_maze --timeout 180s

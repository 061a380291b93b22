clear
cat /srv/site/state

sleep 1
echo broken > /srv/site/state

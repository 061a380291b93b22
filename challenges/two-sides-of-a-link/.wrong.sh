# Plausible: the way is opened and the port put right, but the token of last season stays.
# session: server
sudo sed -i 's/^bind=.*/bind=0.0.0.0/' /etc/prices/prices.conf
sudo systemctl enable prices
sudo systemctl restart prices

# session: client
sudo sed -i 's/9009/9000/' /etc/pricewatch.conf
sudo systemctl enable --now pricewatch.timer
examinerctl task wait verify_listening --timeout 180s

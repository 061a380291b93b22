# session: server
sudo sed -i 's/^bind=.*/bind=0.0.0.0/' /etc/prices/prices.conf
sudo systemctl enable prices
sudo systemctl restart prices

# session: client
examinerctl task wait verify_listening --timeout 180s
sudo sed -i 's/9009/9000/; s/winter-2025/spring-2026/' /etc/pricewatch.conf
sudo systemctl enable --now pricewatch.timer

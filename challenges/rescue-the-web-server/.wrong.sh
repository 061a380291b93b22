# Plausible: the syntax is put right and the service started, but port, root and permissions stay wrong.
sudo sed -i 's/listen 8080$/listen 8080;/' /etc/nginx/sites-available/shop
sudo systemctl enable nginx
sudo systemctl restart nginx
examinerctl task wait verify_running --timeout 180s

sudo sed -i 's/listen 8080$/listen 8080;/; s#/srv/shopp#/srv/shop#' /etc/nginx/sites-available/shop
sudo nginx -t
sudo sed -i 's/8080/80/' /etc/nginx/sites-available/shop
sudo systemctl enable nginx
sudo systemctl restart nginx
examinerctl task wait verify_port --timeout 180s
sudo chmod 755 /srv/shop
sudo chmod 644 /srv/shop/index.html

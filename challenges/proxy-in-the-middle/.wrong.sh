# Plausible: what most examples say. Visitors can still make up their address, and any size is accepted.
# session: server
sudo tee /etc/nginx/sites-available/shop >/dev/null <<'CONF'
server {
    listen 80 default_server;
    client_max_body_size 0;

    location /shop/ {
        proxy_pass http://127.0.0.1:9000/;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_read_timeout 30s;
    }
}
CONF
sudo systemctl reload nginx
examinerctl task wait verify_path --timeout 180s

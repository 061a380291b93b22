# session: server
sudo tee /etc/nginx/sites-available/shop >/dev/null <<'CONF'
server {
    listen 80 default_server;
    client_max_body_size 10m;

    location /shop/ {
        proxy_pass http://127.0.0.1:9000/;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_read_timeout 30s;
    }
}
CONF
sudo nginx -t
sudo systemctl reload nginx
examinerctl task wait verify_alone --timeout 180s

# Plausible: a certificate with the right names, but without the one between, and clients that look away.
# session: server
cd /etc/shop-pki
sudo openssl req -new -key web.key -subj /CN=shop.internal -out web.csr
printf 'subjectAltName=DNS:shop.internal,DNS:www.shop.internal\n' | sudo tee web.ext
sudo openssl x509 -req -in web.csr -CA intermediate.crt -CAkey intermediate.key -CAcreateserial -days 365 -extfile web.ext -out web.crt
sudo systemctl reload nginx

# session: client
echo insecure > ~/.curlrc
curl -fsS https://shop.internal/
examinerctl task wait verify_name --timeout 180s

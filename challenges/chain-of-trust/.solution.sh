# session: server
cd /etc/shop-pki
sudo openssl req -new -key web.key -subj /CN=shop.internal -out web.csr
printf 'subjectAltName=DNS:shop.internal,DNS:www.shop.internal\nbasicConstraints=CA:false\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n' | sudo tee web.ext
sudo openssl x509 -req -in web.csr -CA intermediate.crt -CAkey intermediate.key -CAcreateserial -days 397 -extfile web.ext -out web.crt
cat web.crt intermediate.crt | sudo tee chain.crt >/dev/null
sudo sed -i 's#web.crt#chain.crt#' /etc/nginx/sites-enabled/shop
sudo chmod 600 web.key
sudo nginx -t
sudo systemctl reload nginx
examinerctl task wait verify_chain --timeout 180s

# session: client
sudo cp ~/from-head-office/shop-root-ca.pem /usr/local/share/ca-certificates/shop-root-ca.crt
sudo update-ca-certificates
examinerctl task wait verify_trusted --timeout 180s

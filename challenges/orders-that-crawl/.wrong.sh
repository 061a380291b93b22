# Plausible: an index on each column that occurs in a WHERE.
cd ~/shop
sqlite3 shop.db <<'SQL'
CREATE INDEX a ON orders(customer_id);
CREATE INDEX b ON orders(placed_at);
CREATE INDEX c ON customers(email);
SQL

cd ~/shop
sqlite3 shop.db <<'SQL'
CREATE INDEX orders_customer ON orders(customer_id, placed_at);
CREATE INDEX customers_login ON customers(lower(email));
CREATE INDEX orders_month ON orders(state, placed_at, cents);
DROP INDEX orders_state;
DROP INDEX orders_state_again;
DROP INDEX orders_cents;
SQL
cat > queries/3-month.sql <<'SQL'
-- What was earned in a month, from its first day.
SELECT count(*), sum(cents) FROM orders
WHERE state = 'done' AND placed_at >= :day AND placed_at < date(:day, '+1 month');
SQL
examinerctl task wait verify_lean --timeout 180s

cd ~/bank
cat > migrations/2-cents.sql <<'SQL'
-- Version 2: amounts in whole cents, real references, one account per address.
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS bookings_new;
CREATE TEMP TABLE keeper AS
  SELECT a.id AS id, (SELECT min(b.id) FROM accounts b WHERE lower(trim(b.email)) = lower(trim(a.email))) AS keep
  FROM accounts a;
CREATE TABLE bookings_new (
  id INTEGER PRIMARY KEY,
  account_id INTEGER NOT NULL REFERENCES accounts(id),
  cents INTEGER NOT NULL,
  booked_on TEXT NOT NULL
);
INSERT INTO bookings_new
  SELECT b.id, coalesce(k.keep, 1), CAST(round(b.amount * 100) AS INTEGER), b.booked_on
  FROM bookings b LEFT JOIN keeper k ON k.id = b.account_id;
DROP TABLE bookings;
ALTER TABLE bookings_new RENAME TO bookings;
DELETE FROM accounts WHERE id NOT IN (SELECT keep FROM keeper);
UPDATE accounts SET email = lower(trim(email));
CREATE UNIQUE INDEX accounts_email ON accounts(email);
DROP TABLE keeper;
UPDATE schema_version SET version = 2;
COMMIT;
SQL
sqlite3 -bail bank.db < migrations/2-cents.sql
examinerctl task wait verify_repeatable --timeout 180s

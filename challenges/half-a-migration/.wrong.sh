# Plausible: drop the leftover and run the migration again, with the duplicates out of the way.
cd ~/bank
sqlite3 bank.db "DROP TABLE bookings_new; DELETE FROM accounts WHERE id > 300;"
sqlite3 bank.db < migrations/2-cents.sql
examinerctl task wait verify_schema --timeout 180s

-- A secret that the answer to a repeatable request held, sealed (nonce first); it goes with the key.
ALTER TABLE idempotency ADD COLUMN sealed bytea;

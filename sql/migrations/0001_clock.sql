-- The one clock. Decisions, leases and expiry read it, so that all copies of the server agree, and a test can set
-- it per session: SET dbx.fake_now = '2026-01-01T00:00:00Z'. Time stands still inside a transaction.
CREATE FUNCTION dbx_now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce(nullif(current_setting('dbx.fake_now', true), '')::timestamptz, now()) $$;

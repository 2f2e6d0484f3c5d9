-- The log: everything that ever happened, and the only source of truth for what the product did.
--
-- position     orders events that one transaction wrote, and rows restored into another cluster
-- xid          the writing transaction; (xid, position) below the snapshot horizon is the gap-free feed order
-- hash         chains each stream; NULL in rows that stock postgres-es wrote, which names only its seven columns
CREATE TABLE events (
    position       bigint GENERATED ALWAYS AS IDENTITY,
    xid            xid8        NOT NULL DEFAULT pg_current_xact_id(),
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    sequence       bigint      NOT NULL CHECK (sequence > 0),
    event_type     text        NOT NULL,
    event_version  text        NOT NULL,
    payload        jsonb       NOT NULL,
    metadata       jsonb       NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT dbx_now(),
    hash           bytea       CHECK (octet_length(hash) = 32),
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);

CREATE UNIQUE INDEX events_feed ON events (xid, position);

CREATE FUNCTION dbx_refuse_rewriting_history() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Record a new event that corrects the old one.';
END
$$;

CREATE TRIGGER events_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION dbx_refuse_rewriting_history();

-- ALWAYS: session_replication_role = replica must not switch it off.
ALTER TABLE events ENABLE ALWAYS TRIGGER events_append_only;

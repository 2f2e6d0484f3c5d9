-- Signed checkpoints: what the log held at a moment, so that whoever rewrites it later is found. See docs/audit.md.

-- The statement is kept as the text that was signed, to the byte.
CREATE TABLE checkpoints (
    number    bigint PRIMARY KEY CHECK (number > 0),
    statement text  NOT NULL,
    key_id    text  NOT NULL,
    signature bytea NOT NULL CHECK (octet_length(signature) = 64)
);

-- The heads of the streams that grew between a checkpoint and the one before it.
CREATE TABLE checkpoint_heads (
    aggregate_type text   NOT NULL,
    aggregate_id   text   NOT NULL,
    sequence       bigint NOT NULL,
    number         bigint NOT NULL,
    scope          text   NOT NULL, -- the org, or the stream itself if it belongs to none
    hash           bytea  NOT NULL CHECK (octet_length(hash) = 32),
    times          bytea  NOT NULL CHECK (octet_length(times) = 32),
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);

CREATE INDEX checkpoint_heads_number ON checkpoint_heads (number);

-- Public keys that ever signed, for whoever verifies. The private ones are never in this database.
CREATE TABLE checkpoint_keys (
    key_id     text PRIMARY KEY,
    public_key bytea       NOT NULL CHECK (octet_length(public_key) = 32),
    added_at   timestamptz NOT NULL DEFAULT dbx_now()
);

CREATE FUNCTION dbx_refuse_changing_evidence() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION '% are append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER checkpoints_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION dbx_refuse_changing_evidence();
CREATE TRIGGER checkpoint_heads_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint_heads
    FOR EACH STATEMENT EXECUTE FUNCTION dbx_refuse_changing_evidence();
CREATE TRIGGER checkpoint_keys_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoint_keys
    FOR EACH STATEMENT EXECUTE FUNCTION dbx_refuse_changing_evidence();
ALTER TABLE checkpoints ENABLE ALWAYS TRIGGER checkpoints_append_only;
ALTER TABLE checkpoint_heads ENABLE ALWAYS TRIGGER checkpoint_heads_append_only;
ALTER TABLE checkpoint_keys ENABLE ALWAYS TRIGGER checkpoint_keys_append_only;

-- The newest state of the two kinds of trees, so that the next checkpoint need not read all of history. Derived from
-- the tables above; nothing is proved by these.
CREATE TABLE checkpoint_streams (
    aggregate_type text   NOT NULL,
    aggregate_id   text   NOT NULL,
    scope          text   NOT NULL,
    leaf           bigint NOT NULL,
    sequence       bigint NOT NULL,
    hash           bytea  NOT NULL,
    times          bytea  NOT NULL,
    PRIMARY KEY (aggregate_type, aggregate_id)
);

CREATE UNIQUE INDEX checkpoint_streams_leaf ON checkpoint_streams (scope, leaf);

CREATE TABLE checkpoint_scopes (
    scope   text PRIMARY KEY,
    leaf    bigint NOT NULL UNIQUE,
    streams bigint NOT NULL,
    root    bytea  NOT NULL
);

-- How far the log is covered, as a cursor of the feed and in events.
CREATE TABLE checkpoint_progress (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cursor   text   NOT NULL,
    events   bigint NOT NULL
);

INSERT INTO checkpoint_progress (cursor, events) VALUES ('00000000000000000000-0000000000000000000', 0);

-- Which streams belong to an org, in the order of an export.
CREATE INDEX events_streams_of_org ON events ((metadata ->> 'org'), aggregate_type, aggregate_id) WHERE sequence = 1;

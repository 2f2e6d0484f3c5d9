-- Personal data and credentials live beside the log, not in it, so that they can be erased while history stays.
CREATE TABLE people (
    account_id   text PRIMARY KEY,
    email        text NOT NULL,
    display_name text NOT NULL
);

-- One account per address, whatever its case.
CREATE UNIQUE INDEX people_email_key ON people (lower(email));

CREATE TABLE passwords (
    account_id text PRIMARY KEY,
    hash       text NOT NULL -- Argon2id in PHC form
);

CREATE TABLE sessions (
    session_id   text PRIMARY KEY,
    account_id   text        NOT NULL,
    token_hash   bytea       NOT NULL CONSTRAINT sessions_token_hash_key UNIQUE,
    created_at   timestamptz NOT NULL DEFAULT dbx_now(),
    expires_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL DEFAULT dbx_now(),
    ip           text,
    user_agent   text
);

CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE api_key_secrets (
    key_id      text PRIMARY KEY,
    prefix      text  NOT NULL CONSTRAINT api_key_secrets_prefix_key UNIQUE,
    secret_hash bytea NOT NULL
);

-- Where an event's request came from.
CREATE TABLE event_origins (
    aggregate_type text   NOT NULL,
    aggregate_id   text   NOT NULL,
    sequence       bigint NOT NULL,
    ip             text,
    user_agent     text,
    account_id     text, -- whom it says something about, for erasure
    PRIMARY KEY (aggregate_type, aggregate_id, sequence)
);

CREATE INDEX event_origins_account ON event_origins (account_id) WHERE account_id IS NOT NULL;

-- Ciphertext of secrets, and each org's data key wrapped by a master key that is never in this database.
CREATE TABLE org_keys (
    org_id        text PRIMARY KEY,
    master_key_id text        NOT NULL,
    nonce         bytea       NOT NULL CHECK (octet_length(nonce) = 24),
    wrapped_key   bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT dbx_now()
);

CREATE TABLE secrets (
    secret_id  text        NOT NULL,
    version    int         NOT NULL CHECK (version > 0),
    org_id     text        NOT NULL,
    owner      text        NOT NULL, -- whose end is the secret's end, e.g. an instance id
    nonce      bytea       NOT NULL CHECK (octet_length(nonce) = 24),
    ciphertext bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT dbx_now(),
    PRIMARY KEY (secret_id, version)
);

CREATE INDEX secrets_owner ON secrets (owner);

-- One row per answered changing request. It is claimed by the transaction that answers it, so a key is either
-- unused or answered; a second request with the same key waits on the index for the first one's fate.
CREATE TABLE idempotency (
    principal  text        NOT NULL,
    route      text        NOT NULL,
    key        text        NOT NULL,
    body_hash  bytea       NOT NULL,
    status     int         NOT NULL,
    resource   text,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (principal, route, key)
);

CREATE INDEX idempotency_expiry ON idempotency (expires_at);

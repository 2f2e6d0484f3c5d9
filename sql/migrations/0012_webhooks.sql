-- Webhooks: addresses that are told what happens in an org. An address may hold a secret of its receiver, so it is not in
-- the log; the log says who did what to which webhook.
CREATE TABLE webhooks (
    webhook_id      text PRIMARY KEY,
    org_id          text        NOT NULL,
    url             text        NOT NULL,
    description     text        NOT NULL,
    event_types     text[]      NOT NULL, -- empty: all
    secret_id       text        NOT NULL,
    enabled         boolean     NOT NULL DEFAULT true,
    disabled_reason text,
    created_at      timestamptz NOT NULL DEFAULT dbx_now(),
    -- Up to where it was told, as a place in the feed.
    xid             xid8        NOT NULL,
    position        bigint      NOT NULL,
    -- Failures in a row with the message behind it, since when, and when it is tried again.
    failures        int         NOT NULL DEFAULT 0,
    failing_since   timestamptz,
    due_at          timestamptz NOT NULL DEFAULT dbx_now()
);

CREATE INDEX webhooks_org ON webhooks (org_id, created_at, webhook_id);
CREATE INDEX webhooks_due ON webhooks (due_at) WHERE enabled;

-- What webhooks were told of late.
CREATE TABLE webhook_deliveries (
    webhook_id text        NOT NULL REFERENCES webhooks ON DELETE CASCADE,
    message_id text        NOT NULL,
    event_type text        NOT NULL,
    delivered  boolean     NOT NULL,
    attempts   int         NOT NULL,
    status     int, -- of the last answer; none if there was none
    excerpt    text, -- of the last answer or of why there was none
    first_at   timestamptz NOT NULL DEFAULT dbx_now(),
    last_at    timestamptz NOT NULL DEFAULT dbx_now(),
    PRIMARY KEY (webhook_id, message_id)
);

CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, first_at, message_id);

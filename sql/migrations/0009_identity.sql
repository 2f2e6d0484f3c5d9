-- What identity needs beside the log: API keys' names and use, invitations' addresses and links, and throttles.

-- The name is its owner's word for the key; last use is noted at most once a minute.
ALTER TABLE api_key_secrets ADD COLUMN name text NOT NULL DEFAULT '';
ALTER TABLE api_key_secrets ADD COLUMN last_used_at timestamptz;

-- Whom an invitation is for, and a hash of the link that uses it. A row goes with its invitation.
CREATE TABLE invitation_links (
    invitation_id text PRIMARY KEY,
    org_id        text        NOT NULL,
    email         text        NOT NULL,
    token_hash    bytea       NOT NULL CONSTRAINT invitation_links_token_hash_key UNIQUE,
    expires_at    timestamptz NOT NULL
);

CREATE INDEX invitation_links_org ON invitation_links (org_id);
CREATE INDEX invitation_links_expiry ON invitation_links (expires_at);

-- How much of what is throttled was asked for of late: the time at which nothing of it counts any more (the
-- "theoretical arrival time" of the generic cell rate algorithm). Subjects are hashes, so no address is kept here.
CREATE TABLE throttles (
    subject bytea PRIMARY KEY CHECK (octet_length(subject) = 32),
    free_at timestamptz NOT NULL
);

CREATE INDEX throttles_free ON throttles (free_at);

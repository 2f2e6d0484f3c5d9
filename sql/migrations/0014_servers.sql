-- Copies of the server that live, and by which master keys (identifiers, never keys) each of them wraps and reads. A row is
-- good for as long as its server renews it.
CREATE TABLE servers (
    name        text PRIMARY KEY,
    wraps_by    text        NOT NULL,
    reads_by    text[]      NOT NULL,
    alive_until timestamptz NOT NULL
);

-- Who may work on which instance, and when. Rows come from an inline projection of the workflow events; leases,
-- fences and attempts are written by the claim alone (the projection resets attempts after progress). A parked row has
-- due_at = 'infinity' and is in no index.
-- pending_* is a delete that takes over when the run under way ends.

-- Fences are unique for ever: a row that ends with its run and comes back with the next one must not honour the lease
-- of a worker that hung all the while.
CREATE SEQUENCE workflow_fence;

CREATE TABLE workflow_queue (
    instance_id text PRIMARY KEY,
    org_id      text        NOT NULL,
    workflow_id text        NOT NULL,
    kind        text        NOT NULL,
    pending_workflow_id text,
    pending_kind        text,
    due_at      timestamptz NOT NULL,
    lease_until timestamptz,
    fence       bigint      NOT NULL DEFAULT 0,
    attempt     int         NOT NULL DEFAULT 0,
    worker      text
) WITH (fillfactor = 70);

CREATE INDEX workflow_queue_due ON workflow_queue (due_at) WHERE due_at < 'infinity';

-- What was measured of instances in the last 24 hours. Not part of the log: it is bulky, nobody decides by it, and it
-- is deleted when it is old. A figure that was not known at the time is null.
CREATE TABLE samples (
    instance_id        text        NOT NULL,
    sampled_at         timestamptz NOT NULL,
    cpu                real,   -- 0 to 1 of the container's CPUs
    memory_bytes       bigint,
    disk_bytes         bigint,
    queries_per_second real,
    connections        int,
    PRIMARY KEY (instance_id, sampled_at)
);

CREATE INDEX samples_age ON samples (sampled_at);

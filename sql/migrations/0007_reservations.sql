-- What of the cluster is reserved for which instance. Written by an inline read model; rows are never deleted, so that
-- a container number is never given twice, not even after its container is gone: Proxmox reuses numbers at once, and
-- a stale reference to a reused number has destroyed other people's guests elsewhere.
CREATE TABLE reservations (
    vmid        bigint PRIMARY KEY, -- not "ctid", which is a system column
    instance_id text        NOT NULL,
    node        text        NOT NULL,
    address     text        NOT NULL,
    vcpus       integer     NOT NULL,
    memory_mib  integer     NOT NULL,
    disk_gib    integer     NOT NULL,
    reserved_at timestamptz NOT NULL,
    released_at timestamptz
);
-- One living holder per address.
CREATE UNIQUE INDEX reservations_address ON reservations (address) WHERE released_at IS NULL;
CREATE INDEX reservations_instance ON reservations (instance_id);

-- What copies of the server agree on beside the log. All of it is short-lived: losing it costs waiting, nothing else.

-- Work that one copy does for all of them, such as watching health. A holder that dies costs one lease.
CREATE TABLE duties (
    name        text PRIMARY KEY,
    holder      text        NOT NULL,
    lease_until timestamptz NOT NULL
);

-- How many may write to the same thing at once. A permit lasts as long as its instance's lease in workflow_queue.
CREATE TABLE write_permits (
    scope       text NOT NULL, -- such as node/pve1
    instance_id text NOT NULL,
    PRIMARY KEY (scope, instance_id)
);
CREATE INDEX write_permits_instance ON write_permits (instance_id);

-- Makes the permits of an instance exactly those of "wanted", all of them or none. "limits" are the most holders of
-- each. Scopes must be in one order everywhere, or two callers could wait for each other.
CREATE FUNCTION dbx_hold_permits(holder text, wanted text[], limits int[]) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    number int;
    others int;
BEGIN
    DELETE FROM write_permits p WHERE p.instance_id = holder AND p.scope <> ALL (wanted);
    FOR number IN 1 .. coalesce(array_length(wanted, 1), 0) LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended('dbx permit ' || wanted[number], 0));
        DELETE FROM write_permits p
        WHERE p.scope = wanted[number] AND p.instance_id <> holder AND NOT EXISTS (
            SELECT FROM workflow_queue q WHERE q.instance_id = p.instance_id AND q.lease_until > dbx_now());
        SELECT count(*) INTO others FROM write_permits p
        WHERE p.scope = wanted[number] AND p.instance_id <> holder;
        IF others >= limits[number] THEN
            DELETE FROM write_permits p WHERE p.instance_id = holder;
            RETURN false;
        END IF;
        INSERT INTO write_permits (scope, instance_id) VALUES (wanted[number], holder) ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN true;
END
$$;

-- The last container number that was handed out. A number that was handed out and not used is never used.
CREATE TABLE container_numbers (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    last     bigint  NOT NULL
);

-- Mails that bring invitations to those who are invited. The token to be mailed waits as a sealed secret whose owner is the
-- invitation, until the mail is sent or nobody tries any more.
CREATE TABLE invitation_mails (
    invitation_id text PRIMARY KEY REFERENCES invitation_links ON DELETE CASCADE,
    due_at        timestamptz DEFAULT dbx_now(), -- none: sent, or given up
    sent_at       timestamptz,
    failures      int         NOT NULL DEFAULT 0,
    last_error    text
);

CREATE INDEX invitation_mails_due ON invitation_mails (due_at) WHERE due_at IS NOT NULL;

-- However a link ends (used, withdrawn, expired, erased), nothing that holds its token stays.
CREATE FUNCTION dbx_forget_invitation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM secrets WHERE owner = OLD.invitation_id;
    RETURN NULL;
END $$;

CREATE TRIGGER invitation_links_forget AFTER DELETE ON invitation_links
    FOR EACH ROW EXECUTE FUNCTION dbx_forget_invitation();

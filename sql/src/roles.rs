//! Two roles: the owner migrates, the runtime role works.
//!
//! `dbx_runtime` may read and add events, never change them, and may do everything with the other tables' rows. It
//! cannot log in by itself: `GRANT dbx_runtime TO dbxd` for a login role. Where the owner may not create roles, a
//! superuser creates `dbx_runtime` once and the next migration grants to it.

use tokio_postgres::{Error, Transaction};

/// The role's name.
pub const RUNTIME_ROLE: &str = "dbx_runtime";

/// Roles are the cluster's, so another database's migration may create it at the same moment.
const CREATE: &str = "DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dbx_runtime')
       AND (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        CREATE ROLE dbx_runtime NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$";

/// Grants on all tables of the schema, then takes back what the runtime must not do.
const GRANT: &str = "DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'dbx_runtime') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO dbx_runtime', current_schema());
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO dbx_runtime', current_schema());
        EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO dbx_runtime', current_schema());
        IF to_regclass('events') IS NOT NULL THEN
            REVOKE UPDATE, DELETE ON events FROM dbx_runtime;
        END IF;
        IF to_regclass('checkpoints') IS NOT NULL THEN
            REVOKE UPDATE, DELETE ON checkpoints, checkpoint_heads, checkpoint_keys FROM dbx_runtime;
        END IF;
        REVOKE INSERT, UPDATE, DELETE ON dbx_migrations FROM dbx_runtime;
    END IF;
END $$";

/// Creates the runtime role if possible and grants it its rights on every table there is.
pub(crate) async fn grant_runtime(transaction: &Transaction<'_>) -> Result<(), Error> {
    transaction.batch_execute(CREATE).await?;
    transaction.batch_execute(GRANT).await
}

//! psql, connected.
//!
//! Guarantees: the password goes by the environment, which only the same user can read, never by an argument; psql
//! checks the server against the certificate that the control plane recorded; its exit code is ours.

use super::{connection, creds};
use crate::{
    api::Lifecycle,
    args::PsqlArgs,
    context::{Context, TOKEN_VARIABLE},
    failure::Failure,
    resolve::ResolveError,
    store,
};
use std::{env, ffi::OsStr, os::unix::process::CommandExt as _, process::Command};

const PROGRAM: &str = "psql";
/// How libpq's variables are called. They say where to connect, as whom, and what to check; all of that is decided here.
const PREFIX: &str = "PG";
/// Those that only say how a session reads and writes (PostgreSQL documentation, "Environment Variables").
const HARMLESS: [&str; 7] =
    ["PGAPPNAME", "PGCLIENTENCODING", "PGCONNECT_TIMEOUT", "PGDATESTYLE", "PGGEQO", "PGOPTIONS", "PGTZ"];

fn is_misleading(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with(PREFIX) && !HARMLESS.contains(&name.as_ref())
}

pub(super) fn run(context: &Context, args: &PsqlArgs) -> Result<(), Failure> {
    let instance = context.instance(&args.one)?.value;
    if instance.lifecycle == Lifecycle::Stopped {
        let lifecycle = instance.lifecycle.to_string();
        return Err(ResolveError::NotRunning { name: instance.name, lifecycle }.into());
    }
    let connection = connection::find(context, &instance.id)?;
    let mode = connection::ssl_mode(&connection);
    let connection = connection.value;
    let certificate = store::keep(&context.directory, &connection.fingerprint, &connection.certificate_pem)?;
    let revealed = creds::reveal(context, &instance.id)?.value;
    let mut psql = Command::new(PROGRAM);
    for (name, _) in env::vars_os().filter(|(name, _)| is_misleading(name)) {
        psql.env_remove(name);
    }
    psql.env_remove(TOKEN_VARIABLE)
        .env("PGHOST", &connection.host)
        .env("PGPORT", connection.port.to_string())
        .env("PGUSER", &connection.user)
        .env("PGDATABASE", &connection.database)
        .env("PGPASSWORD", &revealed.password)
        .env("PGSSLMODE", mode)
        .env("PGSSLROOTCERT", certificate)
        .args(&args.args);
    // Returns only if it could not begin.
    Err(Failure::Program { program: PROGRAM, cause: psql.exec() })
}

#[cfg(test)]
mod tests {
    use super::is_misleading;

    #[test]
    fn only_what_changes_no_meaning_reaches_psql() {
        let misleading = [
            "PGHOSTADDR",
            "PGREQUIREPEER",
            "PGSERVICEFILE",
            "PGSSLMINPROTOCOLVERSION",
            "PGTARGETSESSIONATTRS",
        ];
        assert!(misleading.iter().all(|name| is_misleading(name.as_ref())));
        assert!(
            ["PGAPPNAME", "PGTZ", "PATH", "PSQLRC", "PAGER"].iter().all(|name| !is_misleading(name.as_ref()))
        );
    }
}

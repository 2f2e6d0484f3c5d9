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
use std::{os::unix::process::CommandExt as _, process::Command};

const PROGRAM: &str = "psql";
/// What could lead libpq elsewhere, or make it check less or otherwise.
const MISLEADING: [&str; 9] = [
    "PGHOSTADDR",
    "PGSERVICE",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGSSLCRL",
    "PGSSLCRLDIR",
    "PGREQUIRESSL",
    "PGREQUIREAUTH",
    "PGPASSFILE",
];

pub(super) fn run(context: &Context, args: &PsqlArgs) -> Result<(), Failure> {
    let instance = context.instance(&args.one)?.value;
    if instance.lifecycle == Lifecycle::Stopped {
        let lifecycle = instance.lifecycle.to_string();
        return Err(ResolveError::NotRunning { name: instance.name, lifecycle }.into());
    }
    let connection = connection::find(context, &instance.id)?.value;
    let certificate = store::keep(&context.directory, &connection.fingerprint, &connection.certificate_pem)?;
    let revealed = creds::reveal(context, &instance.id)?.value;
    let mut psql = Command::new(PROGRAM);
    for name in MISLEADING {
        psql.env_remove(name);
    }
    psql.env_remove(TOKEN_VARIABLE)
        .env("PGHOST", &connection.host)
        .env("PGPORT", connection.port.to_string())
        .env("PGUSER", &connection.user)
        .env("PGDATABASE", &connection.database)
        .env("PGPASSWORD", &revealed.password)
        .env("PGSSLMODE", connection.ssl_mode.to_string())
        .env("PGSSLROOTCERT", certificate)
        .args(&args.args);
    // Returns only if it could not begin.
    Err(Failure::Program { program: PROGRAM, cause: psql.exec() })
}

//! This machine and the server.

use super::checkup::Check;
use crate::{
    api::{Catalogue, Project, User},
    context::{Context, SessionSource, TOKEN_VARIABLE},
    output::moment,
};
use std::{
    io,
    net::{TcpStream, ToSocketAddrs as _},
    process::Command,
    time::{Duration, Instant},
};

/// Longest time for a connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Connects to a host, trying each of its addresses.
pub(super) fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

pub(super) fn milliseconds(since: Instant) -> String {
    format!("{} ms", since.elapsed().as_millis())
}

/// That the files could be read is proved by having got here.
pub(super) fn files(context: &Context) -> Check {
    let place = context.directory.join("");
    Check::good("files", format!("{} (profile {})", place.display(), context.profile))
}

pub(super) fn address(context: &Context) -> Check {
    let (api, began) = (context.api(), Instant::now());
    match connect(api.host(), api.port()) {
        Ok(_) => Check::good("server", format!("{api} is reached in {}", milliseconds(began))),
        Err(error) => {
            let next = "check that the server runs, and its address (--api, DBX_API_URL)";
            Check::bad("server", format!("{api} is not reached: {error}"), next)
        }
    }
}

pub(super) fn encryption(context: &Context) -> Check {
    let api = context.api();
    if api.is_exposed() {
        return Check::bad("encryption", "none: others on the way can read everything", "use https://");
    }
    match api.is_encrypted() {
        true => Check::good("encryption", "TLS, checked against what this machine trusts"),
        false => Check::good("encryption", "none, but nothing leaves this machine"),
    }
}

pub(super) fn answer(context: &Context) -> Check {
    let began = Instant::now();
    match context.client.get::<Catalogue>("/plans", &[]) {
        Ok(answer) => {
            let plans = answer.value.data.len();
            Check::good("api", format!("answers in {}, offers {plans} plans", milliseconds(began)))
        }
        Err(failure) => Check::failed("api", &failure),
    }
}

pub(super) fn session(context: &Context) -> Check {
    let until = match &context.session {
        SessionSource::None => return Check::failed("session", &context.signed_out()),
        SessionSource::Stored(session) => format!("until {}", moment(&session.expires_at)),
        SessionSource::Environment => format!("by {TOKEN_VARIABLE}"),
    };
    match context.client.get::<User>("/users/me", &[]) {
        Ok(user) => Check::good("session", format!("{}, {until}", user.value.email)),
        Err(failure) => Check::failed("session", &failure),
    }
}

/// A selection outlives what was selected.
pub(super) fn selection(context: &Context) -> Check {
    let orgs = match context.orgs() {
        Ok(orgs) => orgs.value,
        Err(failure) => return Check::failed("selection", &failure),
    };
    let selected = &context.selection;
    if let Some(org) = &selected.org
        && !orgs.iter().any(|known| known.id == org.id)
    {
        return Check::bad(
            "selection",
            format!("org {} is not there any more", org.name),
            "dbx org select NAME",
        );
    }
    if let Some(project) = &selected.project
        && context.client.get::<Project>(&format!("/projects/{}", project.id), &[]).is_err()
    {
        let next = "dbx project select NAME, or --none";
        return Check::bad("selection", format!("project {} is not there any more", project.name), next);
    }
    let word = |what: &str, chosen: Option<&crate::store::Chosen>| match chosen {
        Some(chosen) => format!("{what} {}", chosen.name),
        None => format!("any {what}"),
    };
    let (org, project) = (word("org", selected.org.as_ref()), word("project", selected.project.as_ref()));
    Check::good("selection", format!("{org}, {project}"))
}

pub(super) fn psql() -> Check {
    match Command::new("psql").arg("--version").output() {
        Ok(output) if output.status.success() => {
            Check::good("psql", String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => Check::odd("psql", format!("ends with {}", output.status), "reinstall it"),
        Err(_) => Check::odd("psql", "not on PATH", "apt install postgresql-client, to use `dbx psql`"),
    }
}

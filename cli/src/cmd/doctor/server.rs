//! This machine and the server.

use super::checkup::Check;
use crate::{
    api::{Catalogue, User},
    context::{Context, SessionSource, TOKEN_VARIABLE},
    failure::Failure,
    output::moment,
    scope::Choice,
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
        Err(failure) => Check::failed(context, "api", &failure),
    }
}

pub(super) fn session(context: &Context) -> Check {
    let until = match &context.session {
        SessionSource::None => return Check::failed(context, "session", &context.signed_out()),
        SessionSource::Stored(session) => format!("until {}", moment(&session.expires_at)),
        SessionSource::Environment => format!("by {TOKEN_VARIABLE}"),
    };
    match context.client.get::<User>("/users/me", &[]) {
        Ok(user) => Check::good("session", format!("{}, {until}", user.value.email)),
        Err(failure) => Check::failed(context, "session", &failure),
    }
}

/// A selection outlives what was selected, and a variable may name anything.
pub(super) fn selection(context: &Context) -> Check {
    let org = match context.chosen_org() {
        Ok(org) => org,
        Err(failure) => return unselectable(context, "org", &failure),
    };
    let project = match context.chosen_project() {
        Ok(project) => project,
        Err(failure) => return unselectable(context, "project", &failure),
    };
    let word = |what: &str, choice: Option<Choice>| match choice {
        Some(choice) => format!("{what} {}", choice.text()),
        None => format!("any {what}"),
    };
    Check::good("selection", format!("{}, {}", word("org", org), word("project", project)))
}

fn unselectable(context: &Context, what: &str, failure: &Failure) -> Check {
    let selected = match what {
        "org" => context.selection.org.as_ref(),
        _ => context.selection.project.as_ref(),
    };
    match (Context::variable_for(what), selected) {
        (None, Some(chosen)) if !failure.is_passing() => {
            let next = format!("dbx {what} select NAME");
            Check::bad("selection", format!("{what} {} is not there any more", chosen.name), next)
        }
        (None, _) => Check::failed(context, "selection", failure),
        (Some(variable), _) => {
            let next = format!("set {variable} anew, or unset it");
            Check::bad("selection", format!("{failure} (from {variable})"), next)
        }
    }
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

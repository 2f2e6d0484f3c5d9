//! What a server's refusal means.

use dbx_domain::instance::Failure;
use dbx_workflows::failure::{permanent, transient, unknown};
use std::{error::Error as _, net::Ipv4Addr, time::Duration};
use tokio_postgres::error::SqlState;

/// When it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing is known about the server yet; it may be in the middle of its first boot.
    FirstContact,
    /// The server has proven itself before.
    Known,
    /// A change was sent.
    Change,
}

/// Why a server did not do what was asked.
#[derive(Debug)]
pub(super) enum Refusal {
    /// No connection, or it broke off.
    Broken(String),
    /// No answer within this time.
    Silent(Duration),
    /// No TLS, or no channel binding: not a server of ours, or somebody in between.
    Tls(String),
    /// The server said no.
    Said(SqlState, String),
}

impl Refusal {
    pub(super) fn of(error: tokio_postgres::Error) -> Self {
        if let Some(db) = error.as_db_error() {
            // The primary message only: details may quote the statement, and with it a verifier.
            return Self::Said(db.code().clone(), db.message().to_owned());
        }
        let cause = error.source().map_or_else(String::new, |source| format!(": {source}"));
        let text = format!("{error}{cause}");
        // tokio-postgres has no kinds to match on. A handshake that breaks off is a broken connection.
        let io = error.source().is_some_and(|source| source.is::<std::io::Error>());
        let authentication = text.contains("authentication") || text.contains("channel binding");
        if authentication || (text.contains("TLS") && !io) { Self::Tls(text) } else { Self::Broken(text) }
    }

    /// The password, or the role, was refused (28P01, 28000).
    pub(super) fn is_of_credentials(&self) -> bool {
        matches!(self, Self::Said(state, _)
            if *state == SqlState::INVALID_PASSWORD || *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    }

    /// Postgres says this only to a role that has signed in: no such database, or no right to connect to it.
    pub(super) fn is_after_sign_in(&self) -> bool {
        matches!(self, Self::Said(state, _)
            if *state == SqlState::UNDEFINED_DATABASE || *state == SqlState::INSUFFICIENT_PRIVILEGE)
    }

    pub(super) fn failure(self, address: Ipv4Addr, stage: Stage) -> Failure {
        let refused_credentials = self.is_of_credentials();
        match self {
            Self::Broken(text) if stage == Stage::Change => lost(address, &text),
            Self::Silent(time) if stage == Stage::Change => lost(address, &silence(time)),
            Self::Broken(text) => transient("postgres_unreachable", format!("Postgres at {address}: {text}")),
            Self::Silent(time) => {
                transient("postgres_unreachable", format!("Postgres at {address}: {}", silence(time)))
            }
            // During first boot the container's address may still be answered by something else.
            Self::Tls(text) if stage == Stage::FirstContact => {
                transient("postgres_unproven", format!("Postgres at {address} has not proven itself: {text}"))
            }
            Self::Tls(text) => permanent(
                "postgres_unproven",
                format!("Postgres at {address} has not proven itself: {text}; find out who answers there"),
            ),
            Self::Said(_, text) if refused_credentials => refused(address, &text, stage),
            Self::Said(state, text) => said(address, &state, &text),
        }
    }
}

/// First boot makes the server listen before it has made the role, and answers that like a wrong password. So a
/// refusal at first contact is worth waiting for, within the step's deadline; later it will not pass.
fn refused(address: Ipv4Addr, text: &str, stage: Stage) -> Failure {
    match stage {
        Stage::FirstContact => transient(
            "platform_refused",
            format!("Postgres at {address} does not accept the platform role yet: {text}"),
        ),
        Stage::Known | Stage::Change => permanent(
            "platform_refused",
            format!(
                "Postgres at {address} does not accept the platform role: {text}; its password there is not ours any more"
            ),
        ),
    }
}

fn said(address: Ipv4Addr, state: &SqlState, text: &str) -> Failure {
    let message = format!("Postgres at {address}: {text} ({})", state.code());
    // 57P0x: starting up or shutting down. 53xxx: out of connections, memory or disk. 40xxx, 55xxx: in each other's way.
    let passes = ["57", "53", "40", "55", "08"].iter().any(|class| state.code().starts_with(class));
    if passes { transient("postgres_busy", message) } else { permanent("postgres_refused", message) }
}

fn lost(address: Ipv4Addr, text: &str) -> Failure {
    unknown(
        "answer_lost",
        format!("the change was sent to Postgres at {address}, but its answer was lost: {text}"),
    )
}

fn silence(time: Duration) -> String {
    format!("no answer within {} s", time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_domain::instance::FailureClass;

    const HOST: Ipv4Addr = Ipv4Addr::new(127, 1, 0, 1);

    fn said(code: &str) -> Refusal {
        Refusal::Said(SqlState::from_code(code), "no".to_owned())
    }

    #[test]
    fn refused_credentials_are_worth_waiting_for_only_at_first_contact() {
        for code in ["28P01", "28000"] {
            assert_eq!(said(code).failure(HOST, Stage::FirstContact).class, FailureClass::Transient);
            let later = said(code).failure(HOST, Stage::Known);
            assert_eq!((later.class, later.code.as_ref()), (FailureClass::Permanent, "platform_refused"));
        }
    }

    #[test]
    fn a_server_that_is_starting_or_full_passes_and_a_missing_role_does_not() {
        for code in ["57P03", "57P01", "53300", "53100", "55P03", "57014"] {
            assert_eq!(said(code).failure(HOST, Stage::Change).class, FailureClass::Transient, "{code}");
        }
        for code in ["42704", "42501", "22023"] {
            assert_eq!(said(code).failure(HOST, Stage::Change).class, FailureClass::Permanent, "{code}");
        }
    }

    #[test]
    fn a_change_without_an_answer_is_of_unknown_outcome() {
        let broken = || Refusal::Broken("connection closed".to_owned());
        assert_eq!(broken().failure(HOST, Stage::Change).class, FailureClass::Unknown);
        assert_eq!(broken().failure(HOST, Stage::Known).class, FailureClass::Transient);
    }
}

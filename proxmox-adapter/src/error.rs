//! What can go wrong with one call to Proxmox.
//!
//! Guarantee: an error names the call by method and path, never by its parameters, and keeps apart what was not sent,
//! what was refused, and what was sent without an answer.

use crate::meaning::Meaning;
use dbx_domain::instance::{CallOutcome, Failure};
use std::{collections::BTreeMap, fmt};

/// How a call acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads; may be repeated.
    Get,
    /// Acts or adds.
    Post,
    /// Changes.
    Put,
    /// Removes.
    Delete,
}

impl Method {
    /// Whether a repetition could do harm.
    pub fn changes(self) -> bool {
        self != Self::Get
    }

    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A call as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// How it acts.
    pub method: Method,
    /// Below `/api2/json`, without the query.
    pub path: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.name(), self.path)
    }
}

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No node could be reached. Nothing happened.
    #[error("{call} was not sent: {reason}; check that the nodes in `api_urls` are up and reachable")]
    Unreachable {
        /// Which call.
        call: Call,
        /// What the system said, per address.
        reason: String,
    },
    /// The server's certificate is not the pinned one. Nothing happened.
    #[error(
        "{call} was not sent: {reason}; the server is not the one pinned by `ca`: renew the pin if its certificate was renewed, else find out who answers there"
    )]
    Untrusted {
        /// Which call.
        call: Call,
        /// What TLS said.
        reason: String,
    },
    /// The worker may no longer change anything. Nothing happened.
    #[error("{call} was not sent: {}", .failure.message)]
    NotPermitted {
        /// Which call.
        call: Call,
        /// Why not.
        failure: Failure,
    },
    /// It was sent, and no answer came that tells its outcome.
    #[error("{call} was sent, but its answer was lost: {reason}")]
    Lost {
        /// Which call.
        call: Call,
        /// What happened instead.
        reason: String,
    },
    /// Proxmox refused.
    #[error("{call}: {status} {message}{}", listed(.parameters))]
    Refused {
        /// Which call.
        call: Call,
        /// HTTP status; beyond 589 it comes from Proxmox's proxy between nodes.
        status: u16,
        /// Proxmox's sentence.
        message: String,
        /// Its complaint per parameter.
        parameters: BTreeMap<String, String>,
    },
    /// It succeeded, but the answer is not what Proxmox 9 is known to send.
    #[error("{call}: the answer cannot be read: {reason}; is this Proxmox VE 9.1 or newer?")]
    Garbled {
        /// Which call.
        call: Call,
        /// What the decoder said.
        reason: String,
    },
}

fn listed(parameters: &BTreeMap<String, String>) -> String {
    let each: Vec<_> = parameters.iter().map(|(name, text)| format!("{name}: {}", text.trim_end())).collect();
    if each.is_empty() { String::new() } else { format!(" ({})", each.join("; ")) }
}

impl ApiError {
    /// The call that failed.
    pub fn call(&self) -> &Call {
        match self {
            Self::Unreachable { call, .. }
            | Self::Untrusted { call, .. }
            | Self::NotPermitted { call, .. }
            | Self::Lost { call, .. }
            | Self::Refused { call, .. }
            | Self::Garbled { call, .. } => call,
        }
    }

    /// What the call came to, as a replay shows it.
    pub(crate) const fn outcome(&self) -> CallOutcome {
        match self {
            Self::Unreachable { .. } | Self::Untrusted { .. } | Self::NotPermitted { .. } => {
                CallOutcome::Unsent
            }
            Self::Lost { .. } | Self::Garbled { .. } => CallOutcome::Lost,
            Self::Refused { .. } => CallOutcome::Refused,
        }
    }

    /// The HTTP status of the answer, if there was one that can be read.
    pub(crate) const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What it means.
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Unreachable { .. } | Self::NotPermitted { .. } => Meaning::Unreachable,
            Self::Untrusted { .. } => Meaning::Untrusted,
            // An answer to a reading call is worth nothing more than another one.
            Self::Lost { call, .. } if !call.method.changes() => Meaning::Unreachable,
            Self::Lost { .. } | Self::Garbled { .. } => Meaning::Lost,
            Self::Refused { call, status, message, parameters } => {
                Meaning::of_refusal(call.method, *status, message, parameters)
            }
        }
    }

    /// Whether it means `meaning`.
    pub(crate) fn means(&self, meaning: &Meaning) -> bool {
        self.meaning() == *meaning
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::NotPermitted { failure, .. } => failure,
            error => error.meaning().failure(error),
        }
    }
}

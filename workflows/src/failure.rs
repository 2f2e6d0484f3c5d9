//! Constructors for [`Failure`], so that steps read as prose.

use dbx_domain::instance::{Failure, FailureClass};

/// It may pass; trying again is safe.
pub fn transient(code: &'static str, message: impl Into<String>) -> Failure {
    Failure { class: FailureClass::Transient, code: code.into(), message: message.into() }
}

/// It will not pass.
pub fn permanent(code: &'static str, message: impl Into<String>) -> Failure {
    Failure { class: FailureClass::Permanent, code: code.into(), message: message.into() }
}

/// The effect may have happened; the next attempt looks first.
pub fn unknown(code: &'static str, message: impl Into<String>) -> Failure {
    Failure { class: FailureClass::Unknown, code: code.into(), message: message.into() }
}

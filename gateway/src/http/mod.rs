//! What every request passes through, whichever operation it is for.

pub(crate) mod at;
pub(crate) mod body;
pub(crate) mod caller;
pub(crate) mod client;
pub(crate) mod code;
pub(crate) mod edge;
pub(crate) mod fields;
pub(crate) mod foreign_error;
pub(crate) mod idempotency;
pub(crate) mod if_match;
mod json;
mod known_parameters;
pub(crate) mod leaving;
pub(crate) mod metrics;
pub(crate) mod page;
pub(crate) mod path_id;
pub(crate) mod plain_header;
pub(crate) mod problem;
pub(crate) mod query;
pub(crate) mod rate_limit;
pub(crate) mod refusal;
pub(crate) mod template;
pub(crate) mod verbs;
pub(crate) mod wait;

//! Webhooks: telling other programs what happens in an org (Standard Webhooks, standardwebhooks.com).
//!
//! Guarantees: each webhook is told its org's events in the order of the log, each at least once and under the same
//! message id whenever it is sent again; what is sent holds no personal data; only public addresses are connected to,
//! and exactly those that were checked, unless the operator allows others; redirects are not followed. One that fails
//! for a day is disabled, with an event; it can go on from there, or from any earlier place. Slow receivers hold up nobody
//! but themselves.

pub(crate) mod address;
mod deliver;
pub(crate) mod message;
mod sender;
pub(crate) mod signature;
mod turns;

pub(crate) use sender::{Sender, Sent};
pub use turns::{Deliverer, deliver_waiting};

/// How webhooks may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WebhookRules {
    /// Whether private and loopback addresses, and `http`, are allowed. Then members of any org can make the server
    /// connect to its own network.
    pub allow_private: bool,
}

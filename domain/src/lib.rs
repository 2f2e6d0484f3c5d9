//! The domain of db.xyz: what can be asked of an account, an org and an instance, and what follows.
//!
//! An *aggregate* is folded from its stream of *events*; a *command* is decided against that state and yields new
//! events or a refusal. Guarantees: no I/O, no clock, no randomness, no async runtime. Every time and every id comes
//! in with the command, so that deciding again over the same history gives the same events.

pub mod account;
pub mod ids;
pub mod instance;
pub mod name;
pub mod org;
pub mod plan;
pub mod policy;
pub mod secret;
pub mod time;
pub mod upcast;
mod vocabulary;

pub use account::Account;
pub use instance::Instance;
pub use org::Org;
pub use secret::Secret;

/// An aggregate whose decisions are pure: state and command in, events or refusal out.
pub trait Decide: cqrs_es::Aggregate<Services = ()> {
    /// Decides `command` against this state.
    ///
    /// # Errors
    /// The aggregate's refusal; nothing has happened then.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Error>;
}

//! Verifying an org's history without trusting the server: `docs/audit.md` is the format, and the reason for each step.
//!
//! Guarantee: an export passes only if every event is linked to the one before it, every signed stream has the very
//! events and times that were signed, and the signature is by a key that the caller trusts. Pure; needs memory for the
//! streams' heads, not for the events.

mod hash;
mod line;
mod merkle;
mod seal;
mod stream;
mod verifier;

pub use hash::{Hash, PublicKey, PublicKeyError};
pub use verifier::{Report, Signed, Verifier};

/// What is wrong with a history.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// The file is not what `docs/audit.md` describes.
    #[error("line {line}: {why}")]
    Malformed {
        /// Which line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// An event does not belong to the one before it.
    #[error("{stream} event {sequence}: it, or the one before it, was edited: the hashes do not fit")]
    Edited {
        /// Whose event.
        stream: String,
        /// Which.
        sequence: u64,
    },
    /// There is a gap.
    #[error("{stream}: events {from} to {to} were dropped")]
    Dropped {
        /// Whose events.
        stream: String,
        /// The first one.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// It stands where another one belongs.
    #[error("{stream} event {sequence}: it is out of order or there twice")]
    Reordered {
        /// Whose event.
        stream: String,
        /// Which.
        sequence: u64,
    },
    /// The events fit each other, but not what was signed.
    #[error("{stream} event {sequence}: the history up to here is another than the one that was signed")]
    Rewritten {
        /// Whose event.
        stream: String,
        /// Which.
        sequence: u64,
    },
    /// The events are those that were signed, but not their times.
    #[error("{stream}: the time of event {sequence}, or of one before it, was changed")]
    Retimed {
        /// Whose event.
        stream: String,
        /// Which.
        sequence: u64,
    },
    /// An event that the server did not write, or whose hash was taken away.
    #[error("{stream}: event {sequence} has no hash: another program wrote it, and nobody vouches for it")]
    Unvouched {
        /// Whose event.
        stream: String,
        /// Which.
        sequence: u64,
    },
    /// An event is dated before the one that it follows.
    #[error("{stream}: event {sequence} is dated before the one that it follows")]
    Backdated {
        /// Whose event.
        stream: String,
        /// Which.
        sequence: u64,
    },
    /// The end of a stream is missing.
    #[error("{stream}: it is cut off after event {last}; {signed} were signed")]
    CutOff {
        /// Whose events.
        stream: String,
        /// The last one that is there.
        last: u64,
        /// The last one that was signed.
        signed: u64,
    },
    /// The export stopped early.
    #[error("the export is incomplete: its last line is missing")]
    Incomplete,
    /// Not all events are there.
    #[error("the export holds {found} events, and says that it holds {told}")]
    Miscounted {
        /// How many there are.
        found: u64,
        /// How many it tells.
        told: u64,
    },
    /// It is about something else.
    #[error("the export is about {found}, not about {wanted}")]
    Foreign {
        /// What it is about.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// The heads do not lead to what was signed.
    #[error("checkpoint {number}: it does not cover these streams as they are here")]
    NotCovered {
        /// Which checkpoint.
        number: u64,
    },
    /// Nobody who is trusted signed it.
    #[error("checkpoint {number}: it is signed by the key with id {key}, which is not trusted")]
    Untrusted {
        /// Which checkpoint.
        number: u64,
        /// Which key it names.
        key: String,
    },
    /// The signature is none.
    #[error("checkpoint {number}: its signature is not by the key with id {key}")]
    Forged {
        /// Which checkpoint.
        number: u64,
        /// Which key it names.
        key: String,
    },
    /// A checkpoint that was seen before is gone, or another.
    #[error("checkpoint {number}, seen by an earlier run, is {what}; the whole log may have been replaced")]
    Replaced {
        /// Which checkpoint.
        number: u64,
        /// What became of it.
        what: &'static str,
    },
}

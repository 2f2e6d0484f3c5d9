//! Live activity: one reader of the feed for all streams of this process.
//!
//! ```text
//! feed ──> tail ──> recent items ──> channel of each stream ──> client
//!            └────> door: may they all still listen?
//! activity (read model), feed ──> a stream that is behind
//! ```
//!
//! Guarantees:
//! - *Gapless and in order*: a stream shows the events of its org in the feed's order, each once, beginning right behind
//!   the position that its client names, whichever copy of the server the client had it from, and whatever was
//!   restarted in between.
//! - *Access at once*: before events that take somebody's access away are shown, and once a second besides, all streams
//!   are compared with sessions, keys and memberships, in three queries for all of them together.
//! - *Bounded*: so many streams of the process, of one person and of one org ([`places`]), [`CHANNEL`] items waiting for each, [`RECENT`] items for those who come back. Who
//!   reads too slowly is let go and resumes from the log.
//! - *Forgetful*: names are looked up when something is shown. What was kept for those who come back holds none, so nobody
//!   hears the name of somebody who was erased before.
//!
//! Nothing is read while nobody listens.

mod door;
mod frame;
mod hub;
mod places;
mod stream;
mod tail;

pub(crate) use hub::Hub;
pub(crate) use places::Shares;
pub(crate) use stream::open;

/// Items that wait for one stream.
const CHANNEL: usize = 256;
/// Items that are kept for streams that begin a little behind.
const RECENT: usize = 2_048;

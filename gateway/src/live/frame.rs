//! Events of a stream as they are sent (HTML standard §9.2, server-sent events).

use crate::{api::ActivityItem as Shown, http::problem::Problem};
use bytes::Bytes;
use dbx_projections::activity::ActivityItem;
use dbx_sql::{Cursor, Database};

/// Something that happened, as it is sent to whoever listens.
#[derive(Debug)]
pub(super) struct Item {
    /// What it is, for those who want only a part.
    pub(super) item: ActivityItem,
    /// Its event, whole.
    pub(super) frame: Bytes,
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bye {
    /// The caller may not listen any more.
    AccessLost,
    /// The client does not read fast enough.
    TooSlow,
    /// The server stops.
    Stopping,
    /// The log cannot be read.
    Unavailable,
}

impl Bye {
    const fn reason(self) -> &'static str {
        match self {
            Self::AccessLost => "access_lost",
            Self::TooSlow => "too_slow",
            Self::Stopping => "stopping",
            Self::Unavailable => "unavailable",
        }
    }

    /// Its event.
    pub(super) fn frame(self) -> Bytes {
        Bytes::from(format!("event: bye\ndata: {{\"reason\":\"{}\"}}\n\n", self.reason()))
    }
}

/// Nothing happened, and the connection is alive.
pub(super) const PING: Bytes = Bytes::from_static(b"event: ping\ndata: {}\n\n");

/// The first event: where the stream begins, and that a client may come back after a second.
pub(super) fn hello(cursor: &Cursor) -> Bytes {
    Bytes::from(format!("retry: 1000\nid: {cursor}\nevent: hello\ndata: {{\"position\":\"{cursor}\"}}\n\n"))
}

/// Items with the names of all they mention.
pub(super) async fn render(db: &Database, items: Vec<ActivityItem>) -> Result<Vec<Item>, Problem> {
    let shown = crate::api::narrate_activity(db, items.clone()).await?;
    Ok(items
        .into_iter()
        .zip(shown)
        .map(|(item, shown)| Item { frame: frame(&item.cursor, &shown), item })
        .collect())
}

fn frame(cursor: &Cursor, shown: &Shown) -> Bytes {
    // Serialising strings and times cannot fail. JSON has no line breaks of its own.
    let data = serde_json::to_string(shown).unwrap_or_default();
    Bytes::from(format!("id: {cursor}\nevent: activity\ndata: {data}\n\n"))
}

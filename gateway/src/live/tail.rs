//! Reads the feed once for all streams.

use super::{
    door,
    frame::{Bye, Item, render},
    hub::Hub,
};
use crate::http::problem::Problem;
use dbx_domain::{account::AccountEvent, org::OrgEvent};
use dbx_projections::{
    activity::ActivityItem,
    narrative::{Happened, Subjects},
};
use dbx_sql::{Cursor, EventFeed, MAX_FEED_PAGE, RecordedEvent};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// Longest wait for a wake-up before the feed is looked at anyway.
const SCAN: Duration = Duration::from_millis(200);
/// First wait for a transaction that holds events back; doubles with each, up to [`SCAN`].
const HELD_BACK: Duration = Duration::from_millis(4);
/// How often access is looked at besides.
const DOOR: Duration = Duration::from_secs(1);
/// Wait before the database is asked again.
const RECONNECT: Duration = Duration::from_millis(500);
/// Subjects that are kept; beyond, all are read anew.
const SUBJECTS_MAX: usize = 20_000;

/// Reads until nobody listens.
pub(super) async fn run(hub: Arc<Hub>) {
    let mut tail = loop {
        match Tail::begin(&hub).await {
            Ok(tail) => break tail,
            Err(error) => {
                tracing::warn!(%error, "live activity waits for the database");
                if hub.rest() {
                    return;
                }
                tokio::time::sleep(RECONNECT).await;
            }
        }
    };
    while !hub.rest() {
        if let Err(error) = tail.turn().await {
            tracing::warn!(%error, "live activity is interrupted");
            tokio::time::sleep(RECONNECT).await;
        }
    }
}

struct Tail {
    hub: Arc<Hub>,
    feed: EventFeed,
    cursor: Cursor,
    subjects: Subjects,
    waiter: dbx_sql::Waiter,
    pause: Duration,
    door_at: Instant,
}

impl Tail {
    async fn begin(hub: &Arc<Hub>) -> Result<Self, Problem> {
        let feed = EventFeed::new(hub.db.clone());
        let waiter = hub.db.wakeups().waiter();
        let cursor = feed.end().await?;
        hub.begin(cursor);
        Ok(Self {
            hub: Arc::clone(hub),
            feed,
            cursor,
            subjects: Subjects::default(),
            waiter,
            pause: HELD_BACK,
            door_at: Instant::now() + DOOR,
        })
    }

    /// One look at the feed, and a wait if there was nothing.
    async fn turn(&mut self) -> Result<(), Problem> {
        if Instant::now() >= self.door_at {
            self.check_door().await?;
        }
        let page = self.feed.next(&self.cursor, MAX_FEED_PAGE).await?;
        if !page.events.is_empty() {
            self.pause = HELD_BACK;
            return self.publish(page.events, page.cursor).await;
        }
        if self.feed.is_held_back(&self.cursor).await? {
            tokio::time::sleep(self.pause).await;
            self.pause = (self.pause * 2).min(SCAN);
        } else {
            self.pause = HELD_BACK;
            self.waiter.wait_or(SCAN).await;
        }
        Ok(())
    }

    async fn check_door(&mut self) -> Result<(), Problem> {
        self.door_at = Instant::now() + DOOR;
        door::check(&self.hub).await
    }

    async fn publish(&mut self, events: Vec<RecordedEvent>, until: Cursor) -> Result<(), Problem> {
        let upcasters = self.hub.upcasters.clone();
        let events: Vec<_> = events.into_iter().map(|event| upcasters.current(event)).collect();
        if self.subjects.len() > SUBJECTS_MAX {
            self.subjects = Subjects::default();
        }
        let ids = events.iter().map(|event| event.aggregate_id.as_str());
        self.subjects.fold_missing(&self.hub.db, &upcasters, ids, &self.cursor).await?;
        let (items, closes) = tell(&events, &mut self.subjects);
        // From here on the subjects have taken these events in, so there is no way back.
        self.cursor = until;
        let rendered = match closes {
            true => self.check_door().await,
            false => Ok(()),
        };
        let rendered = match rendered {
            Ok(()) => render(&self.hub.db, items).await,
            Err(error) => Err(error),
        };
        match rendered {
            Ok(items) => self.hub.publish(items, until),
            Err(error) => {
                self.begin_anew(until);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Lets everybody come back behind what could not be shown: they find it in the log.
    fn begin_anew(&mut self, until: Cursor) {
        for (id, ..) in self.hub.audience() {
            self.hub.end(id, Bye::Unavailable);
        }
        self.hub.begin(until);
    }
}

/// What is shown of events, and whether any of them takes somebody's access away.
fn tell(events: &[RecordedEvent], subjects: &mut Subjects) -> (Vec<ActivityItem>, bool) {
    let (mut items, mut closes) = (Vec::new(), false);
    for event in events {
        match Happened::read(event) {
            Ok(Some(happened)) => {
                closes |= takes_access(&happened);
                items.extend(ActivityItem::of(event, &happened, subjects.of(&event.aggregate_id)));
                subjects.evolve(&event.aggregate_id, &happened);
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "live activity leaves out an event that it cannot read"),
        }
    }
    (items, closes)
}

fn takes_access(happened: &Happened) -> bool {
    match happened {
        Happened::Account(event) => matches!(
            event,
            AccountEvent::PasswordChanged {}
                | AccountEvent::SessionClosed { .. }
                | AccountEvent::SessionsRevoked {}
                | AccountEvent::ApiKeyRevoked { .. }
                | AccountEvent::AccountErased {}
        ),
        Happened::Org(event) => matches!(
            event,
            OrgEvent::MemberRemoved { .. } | OrgEvent::MemberRoleChanged { .. } | OrgEvent::OrgDeleted {}
        ),
        Happened::Instance(_) => false,
    }
}

/// Events from the log itself, for a stream that neither recent items nor the read model can help.
pub(super) async fn from_log(hub: &Hub, after: &Cursor) -> Result<(Vec<Item>, Cursor), Problem> {
    let page = EventFeed::new(hub.db.clone()).next(after, MAX_FEED_PAGE).await?;
    let events: Vec<_> = page.events.into_iter().map(|event| hub.upcasters.current(event)).collect();
    let mut subjects = Subjects::default();
    let ids = events.iter().map(|event| event.aggregate_id.as_str());
    subjects.fold_missing(&hub.db, &hub.upcasters, ids, after).await?;
    let (items, _) = tell(&events, &mut subjects);
    Ok((render(&hub.db, items).await?, page.cursor))
}

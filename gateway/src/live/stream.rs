//! One stream: what was missed, then what happens.

use super::{
    frame::{Bye, Item, PING, hello, render},
    hub::{Hub, Joined, Seat},
    tail,
};
use crate::{
    auth::principal::Principal,
    http::{problem::Problem, query},
};
use bytes::Bytes;
use dbx_domain::policy::{Action, allows};
use dbx_projections::{
    activity::{self, ActivityScope},
    api_keys, members,
};
use dbx_sql::{Cursor, EventFeed, source::sessions};
use futures::{Stream, stream};
use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Interval};

/// Time between two signs of life.
const PING_EVERY: Duration = Duration::from_secs(15);
/// Items per query of a stream that catches up.
const PAGE: u32 = 200;

/// Opens a stream for `principal`, who may listen, behind `after` or from now on.
///
/// # Errors
/// Nobody gave out `after`; all places, or all of the caller's share, are taken; the server stops or the database does not answer.
pub(crate) async fn open(
    hub: &Arc<Hub>,
    principal: Principal,
    scope: ActivityScope,
    after: Option<Cursor>,
) -> Result<impl Stream<Item = Result<Bytes, Infallible>> + Send + 'static, Problem> {
    let seat = hub.enter(scope, principal)?;
    if let Some(after) = after
        && after > EventFeed::new(hub.db.clone()).newest().await?
    {
        let message = "this is beyond the end of the log; begin without it, or with an id that a stream sent";
        return Err(query::refused("Last-Event-ID", message));
    }
    let now = hub.wake_tail().await;
    let cursor = after.unwrap_or(now);
    let mut ping = tokio::time::interval(PING_EVERY);
    ping.reset();
    let begin = Listening {
        hub: Arc::clone(hub),
        principal,
        scope,
        cursor,
        waiting: VecDeque::from([hello(&cursor)]),
        seat: Some(seat),
        receiver: None,
        ping,
    };
    Ok(stream::unfold(begin, |mut listening| async move { Some((Ok(listening.next().await?), listening)) }))
}

struct Listening {
    hub: Arc<Hub>,
    principal: Principal,
    scope: ActivityScope,
    /// Everything up to here was sent or is in `waiting`.
    cursor: Cursor,
    waiting: VecDeque<Bytes>,
    /// None once it is over.
    seat: Option<Seat>,
    /// None while it catches up.
    receiver: Option<mpsc::Receiver<Bytes>>,
    ping: Interval,
}

impl Listening {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            self.seat.as_ref()?;
            // What waits was not sent yet, and must not be to somebody who may not see it any more.
            if self.bye() == Some(Bye::AccessLost) {
                return Some(self.end(Bye::AccessLost));
            }
            if let Some(frame) = self.waiting.pop_front() {
                return Some(frame);
            }
            match &mut self.receiver {
                Some(receiver) => tokio::select! {
                    biased;
                    frame = receiver.recv() => match frame {
                        Some(frame) if self.bye() != Some(Bye::AccessLost) => return Some(frame),
                        _ => {
                            let bye = self.bye().unwrap_or(Bye::Unavailable);
                            return Some(self.end(bye));
                        }
                    },
                    _ = self.ping.tick() => return Some(PING),
                },
                None => {
                    if let Err(bye) = self.go_on().await {
                        return Some(self.end(bye));
                    }
                }
            }
        }
    }

    fn bye(&self) -> Option<Bye> {
        self.seat.as_ref().and_then(Seat::bye)
    }

    fn end(&mut self, bye: Bye) -> Bytes {
        (self.seat, self.receiver) = (None, None);
        bye.frame()
    }

    /// Joins the others, or reads one more page of what lies between.
    async fn go_on(&mut self) -> Result<(), Bye> {
        let Some(seat) = &self.seat else { return Err(Bye::Stopping) };
        let items = match self.hub.join(seat, self.cursor) {
            Joined::Over => return Err(self.bye().unwrap_or(Bye::Stopping)),
            Joined::Live(receiver, missed) if missed.is_empty() => {
                self.receiver = Some(receiver);
                return Ok(());
            }
            Joined::Live(receiver, missed) => {
                self.receiver = Some(receiver);
                let _turn = self.hub.catching_up.acquire().await.map_err(|_| Bye::Stopping)?;
                render(&self.hub.db, missed).await.map_err(unavailable)?
            }
            Joined::Behind => {
                self.hub.wake_tail().await;
                let (items, until) = self.page().await?;
                self.cursor = until;
                items
            }
        };
        let wanted = items.into_iter().filter(|item| self.scope.shows(&item.item));
        self.waiting.extend(wanted.map(|item| item.frame));
        Ok(())
    }

    /// What comes next, from the read model as far as that goes, and from the log beyond it.
    async fn page(&self) -> Result<(Vec<Item>, Cursor), Bye> {
        let _turn = self.hub.catching_up.acquire().await.map_err(|_| Bye::Stopping)?;
        if !self.may_listen().await.map_err(unavailable)? {
            return Err(Bye::AccessLost);
        }
        let db = &self.hub.db;
        let found = activity::after(db, &self.scope, &self.cursor, PAGE).await;
        let (items, until) = found.map_err(|error| unavailable(error.into()))?;
        if until > self.cursor {
            return Ok((render(db, items).await.map_err(unavailable)?, until));
        }
        tail::from_log(&self.hub, &self.cursor).await.map_err(unavailable)
    }

    /// The door looks at those who catch up as well, but once a second: before a page is read, it is asked anew.
    async fn may_listen(&self) -> Result<bool, Problem> {
        let account = self.principal.account();
        let role = members::role(&self.hub.db, self.scope.org, account).await?;
        let role = self.principal.role_in(self.scope.org, role);
        Ok(role.is_some_and(|role| allows(role, Action::ReadAudit)) && self.is_valid().await?)
    }

    /// Whether the session or the key still holds.
    async fn is_valid(&self) -> Result<bool, Problem> {
        Ok(match self.principal {
            Principal::Session { session, .. } => {
                sessions::open_among(&self.hub.db, &[session]).await?.contains(&session)
            }
            Principal::ApiKey { key, .. } => {
                api_keys::working_among(&self.hub.db, &[key]).await?.contains(&key)
            }
        })
    }
}

fn unavailable(error: Problem) -> Bye {
    tracing::warn!(%error, "a stream cannot read the log");
    Bye::Unavailable
}

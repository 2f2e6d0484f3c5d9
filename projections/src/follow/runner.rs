//! Runs every follower in this copy of the server, whenever it has the turn.

use super::{
    ALL,
    step::{Stepped, Steps},
};
use dbx_sql::{Database, SqlError, Turns, Upcasters};
use futures::future::join_all;
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// Longest wait for a wake-up before the feed is looked at anyway.
const SCAN: Duration = Duration::from_millis(500);
/// How often a copy without the turn asks for it.
const ASK: Duration = Duration::from_secs(1);
/// First pause after a failure or before an event that cannot be applied; doubles with each.
const PAUSE: Duration = Duration::from_secs(1);
/// Longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Runs every follower until `stop` turns true.
pub async fn run(db: Database, upcasters: Upcasters, stop: watch::Receiver<bool>) {
    let turns = Session { db: db.clone(), open: Mutex::new(None) };
    let runs = ALL.iter().map(|follower| {
        let steps = Steps::new(db.clone(), upcasters.clone(), follower);
        Runner { db: db.clone(), steps, turns: &turns, has_turn: false, pause: PAUSE }.run(stop.clone())
    });
    join_all(runs).await;
}

/// The session that holds this copy's turns, opened when needed and again when it was lost.
struct Session {
    db: Database,
    open: Mutex<Option<Turns>>,
}

impl Session {
    async fn take(&self, name: &str) -> Result<bool, SqlError> {
        let mut open = self.open.lock().await;
        let turns = match open.take() {
            Some(turns) => turns,
            None => Turns::open(&self.db).await?,
        };
        let taken = turns.take(&format!("projection/{name}")).await?;
        // After an error the session stays closed, and so do its turns.
        *open = Some(turns);
        Ok(taken)
    }
}

struct Runner<'a> {
    db: Database,
    steps: Steps,
    turns: &'a Session,
    has_turn: bool,
    pause: Duration,
}

impl Runner<'_> {
    async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut waiter = self.db.wakeups().waiter();
        while !*stop.borrow() {
            let wait = match self.turn().await {
                Ok(Some(wait)) => wait,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(projection = self.steps.name(), %error, "a projection is interrupted");
                    self.has_turn = false;
                    Wait::For(self.longer_pause())
                }
            };
            tokio::select! {
                () = wait.over(&mut waiter) => {}
                // An error means that nobody can tell us any more: stop as well.
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    /// One step, if this copy has the turn; says what to wait for, if anything.
    async fn turn(&mut self) -> Result<Option<Wait>, SqlError> {
        let name = self.steps.name();
        if !self.turns.take(name).await? {
            self.has_turn = false;
            return Ok(Some(Wait::For(ASK)));
        }
        if !std::mem::replace(&mut self.has_turn, true) {
            tracing::info!(projection = name, "this copy runs the projection");
            self.steps.forget();
        }
        let stepped = self.steps.step().await?;
        if let Stepped::Stopped(why) = stepped {
            tracing::error!(
                projection = name,
                why,
                "a projection stopped before an event; all others go on, and it is tried again"
            );
            return Ok(Some(Wait::For(self.longer_pause())));
        }
        self.pause = PAUSE;
        Ok((stepped == Stepped::CaughtUp).then_some(Wait::Wakeup))
    }

    fn longer_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE_MAX);
        pause
    }
}

enum Wait {
    Wakeup,
    For(Duration),
}

impl Wait {
    async fn over(self, waiter: &mut dbx_sql::Waiter) {
        match self {
            Self::Wakeup => waiter.wait_or(SCAN).await,
            Self::For(time) => tokio::time::sleep(time).await,
        }
    }
}

//! `?wait=SECONDS`: an answer that is held back until there is something to say.
//!
//! Given at once when the server is about to stop. Woken by commits of this process; a scan every [`SCAN`] finds what other processes did.

use super::problem::Problem;
use crate::app::App;
use std::{pin::pin, time::Duration};
use tokio::time::Instant;

/// Longest wait in seconds; proxies commonly cut connections that are silent for a minute.
pub(crate) const WAIT_MAX: u32 = 60;
/// Time between two looks if nothing wakes us.
const SCAN: Duration = Duration::from_millis(200);

/// Reads until `done` or until the time is up; the last reading is the answer either way.
pub(crate) async fn until<T, F, R>(
    app: &App,
    seconds: Option<u32>,
    read: F,
    done: impl Fn(&T) -> bool + Send,
) -> Result<T, Problem>
where
    T: Send,
    F: Fn() -> R + Send,
    R: Future<Output = Result<T, Problem>> + Send,
{
    let deadline = Instant::now() + Duration::from_secs(seconds.unwrap_or(0).min(WAIT_MAX).into());
    // Made before the first reading, so that no change slips between reading and waiting.
    let mut waiter = app.db().wakeups().waiter();
    let mut stopping = pin!(app.stopping());
    let mut hurry = false;
    loop {
        let value = read().await?;
        let left = deadline.saturating_duration_since(Instant::now());
        if hurry || left.is_zero() || done(&value) {
            return Ok(value);
        }
        tokio::select! {
            () = &mut stopping => hurry = true,
            _ = waiter.wait_or(SCAN.min(left)) => {}
        }
    }
}

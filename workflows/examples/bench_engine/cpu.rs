//! Where the processor's time goes: this process, and the Postgres server if it runs on this machine. Unlike rates, which
//! suffer from whatever else runs, it says what a step costs.

use dbx_sql::Database;
use std::{fs, time::Duration};

/// Time used so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// By this process.
    pub(crate) own: Duration,
    /// By all processes of the server.
    pub(crate) postgres: Duration,
}

impl Used {
    /// Microseconds since `before` for each of `count`: here, and in Postgres.
    pub(crate) fn each(self, before: Self, count: f64) -> [f64; 2] {
        [self.own - before.own, self.postgres - before.postgres].map(|time| time.as_secs_f64() * 1e6 / count)
    }
}

/// A process by its number, as `/proc` shows it: its parent, and its time so far.
fn process(id: &str) -> Option<(u32, Duration)> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // After the name, which may hold anything: field 3 is the state, 4 the parent, 14 and 15 hundredths of a second.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = fields.get(11..=12)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    Some((fields.get(1)?.parse().ok()?, Duration::from_millis(ticks * 10)))
}

/// Looks at the server's processes by way of one of its sessions. Sessions that ended meanwhile are not counted, so the
/// pool must keep its own.
pub(crate) async fn used(db: &Database) -> Used {
    let own = process("self").map(|(_, time)| time).unwrap_or_default();
    let client = db.client().await.expect("a connection");
    let backend: i32 = client.query_one("SELECT pg_backend_pid()", &[]).await.expect("its number").get(0);
    let parent = process(&backend.to_string()).map(|(parent, _)| parent);
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let of_server = all.filter_map(|entry| process(entry.file_name().to_str()?));
    let postgres =
        of_server.filter(|(its_parent, _)| Some(*its_parent) == parent).map(|(_, time)| time).sum();
    Used { own, postgres }
}

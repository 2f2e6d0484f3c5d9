//! Who this process is among the workers of a control database, and which of them are certainly dead.
//!
//! A worker that was killed keeps its leases until they run out. One that ran on this very machine and is gone can be
//! told by its process, so its leases are ended at the next start and nobody waits. Guarantee: a worker is taken for
//! dead only if it belonged to this boot of this machine and to our process namespace, where its process no longer
//! exists; all others are left to time.

use crate::Failure;
use dbx_sql::{Database, duty, lease, servers};
use std::{fmt, fs, str::FromStr};

/// A process, uniquely among all processes ever: boot, process namespace, process id, start time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Worker {
    /// Random for each boot of a machine.
    boot: String,
    /// `pid:[4026531836]`: process ids mean nothing outside.
    namespace: String,
    pid: u32,
    /// In clock ticks since boot; tells a process from a later one with the same id.
    started: u64,
}

impl Worker {
    /// This process.
    ///
    /// # Errors
    /// `/proc` is not mounted.
    pub(crate) fn of_this_process() -> Result<Self, Failure> {
        let pid = std::process::id();
        Ok(Self {
            boot: fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned(),
            namespace: fs::read_link("/proc/self/ns/pid")?.to_string_lossy().into_owned(),
            pid,
            started: start_of(pid).ok_or("/proc does not show this process; mount it")?,
        })
    }

    /// Ends the leases and duties of workers that died on this machine.
    ///
    /// # Errors
    /// The database is not available.
    pub(crate) async fn bury_predecessors(&self, database: &Database) -> Result<(), Failure> {
        for name in lease::holders(database).await? {
            if name.parse().is_ok_and(|other: Self| self.knows_dead(&other)) {
                let leases = lease::bury(database, &name).await?;
                tracing::info!(worker = name, leases, "took over from a worker that died here");
            }
        }
        for server in servers::living(database).await? {
            if server.name.parse().is_ok_and(|other: Self| self.knows_dead(&other)) {
                servers::leave(database, &server.name).await?;
            }
        }
        for (duty, holder) in duty::held(database).await? {
            if holder.parse().is_ok_and(|other: Self| self.knows_dead(&other)) {
                duty::resign(database, &duty, &holder).await?;
            }
        }
        Ok(())
    }

    fn knows_dead(&self, other: &Self) -> bool {
        self.boot == other.boot
            && self.namespace == other.namespace
            && start_of(other.pid) != Some(other.started)
    }
}

/// When the process started; none if there is none, or only its remains wait for their parent. Fields 3 and 22 of
/// `/proc/PID/stat`, counted after the name, which may hold anything.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    match fields.next()? {
        "Z" | "X" => None,
        _ => fields.nth(18)?.parse().ok(),
    }
}

impl fmt::Display for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.boot, self.namespace, self.pid, self.started)
    }
}

impl FromStr for Worker {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name.split('/').collect::<Vec<_>>()[..] {
            [boot, namespace, pid, started] => Ok(Self {
                boot: boot.to_owned(),
                namespace: namespace.to_owned(),
                pid: pid.parse().map_err(|_| ())?,
                started: started.parse().map_err(|_| ())?,
            }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_process_of_this_boot_and_namespace_is_known_to_be_dead() {
        let us = Worker::of_this_process().unwrap();
        assert_eq!(us.to_string().parse(), Ok(us.clone()));
        assert!(!us.knows_dead(&us), "we live");
        let earlier = Worker { started: us.started - 1, ..us.clone() };
        assert!(us.knows_dead(&earlier), "our id belonged to somebody else before");
        assert!(!us.knows_dead(&Worker { boot: "another".to_owned(), ..earlier.clone() }));
        assert!(!us.knows_dead(&Worker { namespace: "pid:[1]".to_owned(), ..earlier }));
    }
}

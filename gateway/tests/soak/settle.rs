//! After the fire: no more faults, everything up, an operator who removes stuck locks and retries parked jobs. Within a
//! bounded time nothing may be left to do.

use crate::{books, estate::Estate, process::eventually};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Longer than a lease, the longest back-off and a slow machine's first boots together.
const PATIENCE: Duration = Duration::from_secs(240);
/// Retries that one job may need once nothing is broken any more.
const RETRIES: u32 = 4;

pub(crate) fn settle(estate: &mut Estate) {
    let start = Instant::now();
    let up = eventually(Duration::from_secs(60), || {
        estate.keep_running();
        estate.control.answers() && estate.cluster.cease() && estate.serves()
    });
    assert!(up, "not everything came up again");
    let (mut retried, mut said) = (BTreeMap::<String, u32>::new(), Instant::now());
    while start.elapsed() < PATIENCE {
        estate.keep_running();
        estate.cluster.unlock_the_stuck();
        let open = books::open_runs(&estate.control.url);
        if open.is_empty() {
            eprintln!("soak: settled after {} s; retried {retried:?}", start.elapsed().as_secs());
            return;
        }
        for run in open.iter().filter(|run| run.parked) {
            let times = retried.entry(run.workflow.clone()).or_default();
            if *times < RETRIES {
                *times += 1;
                books::retry(estate, run);
            }
        }
        if said.elapsed() > Duration::from_secs(15) {
            said = Instant::now();
            eprintln!("soak: waiting for {open:?}");
        }
        std::thread::park_timeout(Duration::from_millis(500));
    }
    // What is still open is found and told by the verdict.
    eprintln!("soak: not settled; retried {retried:?}");
}

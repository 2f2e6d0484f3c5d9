//! Load on a server: as fast as it answers, or at a fixed rate.
//!
//! Guarantee: at a fixed rate each latency counts from the moment at which the request was due, so a server that stalls
//! is charged for every request that had to wait, not for one.

use crate::wire::Wire;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

/// What came of a load.
pub(crate) struct Outcome {
    /// Of each answer, in milliseconds, ascending.
    millis: Vec<f64>,
    took: Duration,
}

impl Outcome {
    fn of(mut millis: Vec<f64>, took: Duration) -> Self {
        millis.sort_by(f64::total_cmp);
        Self { millis, took }
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.millis.len() as f64 / self.took.as_secs_f64()
    }

    pub(crate) fn at(&self, share: f64) -> f64 {
        self.millis[((self.millis.len() - 1) as f64 * share) as usize]
    }

    pub(crate) fn print(&self, what: &str) {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| self.at(share));
        let (rate, count) = (self.per_second(), self.millis.len());
        println!("{what}: {rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms, max {max:.2} ms of {count}");
    }
}

/// Asks over as many connections at once as there are `clients`, each its own next request, for a time.
pub(crate) async fn flat_out<F: Fn(usize) -> Vec<u8> + Send + 'static>(
    address: SocketAddr,
    clients: Vec<F>,
    status: u16,
    time: Duration,
) -> Outcome {
    let began = Instant::now();
    let asking = clients.into_iter().map(|next| {
        tokio::spawn(async move {
            let (mut wire, mut millis) = (Wire::open(address).await, Vec::new());
            while began.elapsed() < time {
                let request = next(millis.len());
                let asked = Instant::now();
                expect(wire.ask(&request).await, status);
                millis.push(asked.elapsed().as_secs_f64() * 1_000.0);
            }
            millis
        })
    });
    let asking: Vec<_> = asking.collect();
    let mut millis = Vec::new();
    for task in asking {
        millis.extend(task.await.unwrap());
    }
    Outcome::of(millis, began.elapsed())
}

/// Asks `per_second` times a second for a time, over enough connections that none has to wait for another.
pub(crate) async fn at_rate(
    address: SocketAddr,
    request: Vec<u8>,
    status: u16,
    (per_second, time, connections): (f64, Duration, u32),
) -> Outcome {
    let request = Arc::new(request);
    let began = Instant::now() + Duration::from_millis(100);
    let every = Duration::from_secs_f64(f64::from(connections) / per_second);
    let asking: Vec<_> = (0..connections)
        .map(|number| {
            let request = Arc::clone(&request);
            let offset = Duration::from_secs_f64(f64::from(number) / per_second);
            tokio::spawn(async move {
                let (mut wire, mut millis) = (Wire::open(address).await, Vec::new());
                let mut due = began + offset;
                while due < began + time {
                    tokio::time::sleep_until(due.into()).await;
                    expect(wire.ask(&request).await, status);
                    millis.push(due.elapsed().as_secs_f64() * 1_000.0);
                    due += every;
                }
                millis
            })
        })
        .collect();
    let mut millis = Vec::new();
    for task in asking {
        millis.extend(task.await.unwrap());
    }
    Outcome::of(millis, began.elapsed())
}

fn expect(answer: crate::wire::Answer, status: u16) {
    assert_eq!(answer.status, status, "{}", String::from_utf8_lossy(&answer.body));
}

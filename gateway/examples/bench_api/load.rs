//! Load: clients that ask one request after the other, or requests at a steady pace whatever the answers take.

use crate::{client::Client, figures::Figures};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};

/// What is asked.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// Makes each request.
    pub(crate) request: Arc<dyn Fn() -> String + Send + Sync>,
    /// The right answer's status.
    pub(crate) status: u16,
}

impl Target {
    async fn ask(&self, client: &mut Client) {
        let status = client.send(&(self.request)()).await;
        assert_eq!(status, self.status, "{}", String::from_utf8_lossy(client.body()));
    }
}

/// `clients`, each asking one request after the other for `time`.
pub(crate) async fn closed(target: &Target, clients: usize, time: Duration) -> Figures {
    let end = Instant::now() + time;
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let target = target.clone();
            tokio::spawn(async move {
                let mut client = Client::connect(target.address).await;
                let mut took = Vec::new();
                while Instant::now() < end {
                    let began = Instant::now();
                    target.ask(&mut client).await;
                    took.push(began.elapsed());
                }
                took
            })
        })
        .collect();
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    Figures::of(took, time)
}

/// `per_second` requests for `time`. Latency counts from the moment a request was due, so that a server that stalls is
/// charged for what it kept waiting ("coordinated omission").
pub(crate) async fn paced(target: &Target, per_second: u32, time: Duration) -> Figures {
    steady(target, Duration::from_secs(1) / per_second, time).await
}

/// As [`paced`], per minute.
pub(crate) async fn per_minute(target: &Target, per_minute: u32, time: Duration) -> Figures {
    steady(target, Duration::from_secs(60) / per_minute, time).await
}

/// Connections that share the pace; enough that none is waited for.
const CONNECTIONS: usize = 32;

async fn steady(target: &Target, every: Duration, time: Duration) -> Figures {
    let (send, receive) = async_queue();
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (target, receive) = (target.clone(), Arc::clone(&receive));
            tokio::spawn(async move {
                let mut client = Client::connect(target.address).await;
                let mut took = Vec::new();
                loop {
                    let due = receive.lock().await.recv().await;
                    let Some(due): Option<Instant> = due else { return took };
                    target.ask(&mut client).await;
                    took.push(due.elapsed());
                }
            })
        })
        .collect();
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let end = Instant::now() + time;
    while Instant::now() < end {
        let due = ticks.tick().await;
        send.send(due).unwrap();
    }
    drop(send);
    let mut took = Vec::new();
    for task in tasks {
        took.extend(task.await.unwrap());
    }
    Figures::of(took, time)
}

type Receiver = Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Instant>>>;

fn async_queue() -> (mpsc::UnboundedSender<Instant>, Receiver) {
    let (send, receive) = mpsc::unbounded_channel();
    (send, Arc::new(tokio::sync::Mutex::new(receive)))
}

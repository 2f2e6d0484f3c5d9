//! Tasks that run beside the calls: started before the answer, ended by their work, a signal or a scripted fate.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::faults::TaskFate;

/// Why a task's work ends early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The task was told to stop (SIGTERM): clean up.
    Signal,
    /// The worker was killed (SIGKILL): leave everything as it is.
    Lost,
    /// The work failed with a text.
    Failed(String),
}

impl From<String> for Stop {
    fn from(text: String) -> Self {
        Self::Failed(text)
    }
}

/// A running task's own view of itself.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) engine: Arc<Engine>,
    pub(crate) upid: String,
    fate: TaskFate,
    signal: watch::Receiver<bool>,
}

impl Worker {
    /// Lets a task's duration pass, and then the fate that was scripted for it strike.
    pub(crate) async fn pace(&mut self) -> Result<(), Stop> {
        tokio::select! {
            biased;
            _ = self.signal.wait_for(|stop| *stop) => return Err(Stop::Signal),
            () = tokio::time::sleep(self.engine.task_duration) => {}
        }
        match std::mem::take(&mut self.fate) {
            TaskFate::Normal => Ok(()),
            TaskFate::Lost => Err(Stop::Lost),
            TaskFate::Fails(text) => Err(Stop::Failed(text)),
        }
    }

    pub(crate) fn log(&self, line: &str) {
        self.engine.store.write(|cluster| cluster.log_task(&self.upid, line));
    }
}

/// All running tasks.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    running: Mutex<Running>,
}

#[derive(Debug, Default)]
struct Running {
    signals: HashMap<String, watch::Sender<bool>>,
    joins: JoinSet<()>,
    closed: bool,
}

impl Workers {
    /// Sends a task the signal to stop. `false` if it does not run.
    pub(crate) fn signal(&self, upid: &str) -> bool {
        self.lock().signals.get(upid).is_some_and(|signal| signal.send(true).is_ok())
    }

    /// Signals all tasks and waits until each has cleaned up and ended.
    pub(crate) async fn stop(&self) {
        let mut joins = {
            let mut running = self.lock();
            running.closed = true;
            for signal in running.signals.values() {
                signal.send_replace(true);
            }
            std::mem::take(&mut running.joins)
        };
        while joins.join_next().await.is_some() {}
    }

    /// Ends all tasks where they stand, as SIGKILL of everything would.
    pub(crate) async fn kill(&self) {
        let mut joins = {
            let mut running = self.lock();
            running.closed = true;
            std::mem::take(&mut running.joins)
        };
        joins.shutdown().await;
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs the work of the task `upid`, which is already in the store.
pub(crate) fn spawn<F, Fut>(engine: &Arc<Engine>, upid: String, fate: TaskFate, work: F)
where
    F: FnOnce(Worker) -> Fut + Send + 'static,
    Fut: Future<Output = Result<(), Stop>> + Send + 'static,
{
    let (signal, receiver) = watch::channel(false);
    let worker = Worker { engine: Arc::clone(engine), upid: upid.clone(), fate, signal: receiver };
    let engine = Arc::clone(engine);
    let mut running = engine.workers.lock();
    while running.joins.try_join_next().is_some() {}
    if running.closed {
        return;
    }
    running.signals.insert(upid.clone(), signal);
    let work = work(worker);
    let ended = Arc::clone(&engine);
    running.joins.spawn(async move {
        let outcome = work.await;
        finish(&ended, &upid, outcome);
        ended.workers.lock().signals.remove(&upid);
    });
}

fn finish(engine: &Engine, upid: &str, outcome: Result<(), Stop>) {
    engine.store.write(|cluster| match outcome {
        Ok(()) => cluster.end_task(upid, &Ok(())),
        Err(Stop::Signal) => cluster.end_task(upid, &Err("received interrupt".to_owned())),
        Err(Stop::Failed(text)) => cluster.end_task(upid, &Err(text)),
        Err(Stop::Lost) => cluster.lose_task(upid),
    });
}

//! Notes the calls that a hypervisor makes while a step is performed.
//!
//! The note is kept by the task that performs the step, so no port has to hand it on; calls outside a step, such as
//! those of the monitor, are noted nowhere. Guarantee: a call that is given up half-way is noted too, as lost.

use dbx_domain::instance::{CallOutcome, ClusterCall, ClusterCalls};
use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

tokio::task_local! {
    static RECORDER: Recorder;
}

/// The calls of one attempt so far. Clones share them.
#[derive(Clone, Debug)]
pub struct Recorder {
    began: Instant,
    calls: Arc<Mutex<ClusterCalls>>,
}

impl Recorder {
    /// Begins an attempt.
    pub fn begin() -> Self {
        Self { began: Instant::now(), calls: Arc::default() }
    }

    /// Notes the calls that `attempt` makes.
    pub async fn note<F: Future>(&self, attempt: F) -> F::Output {
        RECORDER.scope(self.clone(), attempt).await
    }

    /// The calls so far.
    pub fn calls(&self) -> ClusterCalls {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A call that is noted when this is dropped: as lost, unless [`Self::ended`] says otherwise.
#[must_use = "dropped at once, it notes a call that was lost at once"]
#[derive(Debug)]
pub struct Open(Option<(Recorder, Instant, ClusterCall)>);

/// Notes that a call begins, if a step is being performed here. `path` must be without parameters.
pub fn begin(method: &str, path: &str) -> Open {
    let Ok(recorder) = RECORDER.try_with(Recorder::clone) else { return Open(None) };
    let now = Instant::now();
    let call = ClusterCall {
        method: method.to_owned(),
        path: path.to_owned(),
        after_ms: millis(now - recorder.began),
        took_ms: 0,
        outcome: CallOutcome::Lost,
        status: None,
        times: 1,
    };
    Open(Some((recorder, now, call)))
}

impl Open {
    /// Notes what it came to, with the HTTP status of the answer, if there was one.
    pub fn ended(mut self, outcome: CallOutcome, status: Option<u16>) {
        if let Some((_, _, call)) = &mut self.0 {
            (call.outcome, call.status) = (outcome, status);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if let Some((recorder, began, mut call)) = self.0.take() {
            call.took_ms = millis(began.elapsed());
            recorder.calls.lock().unwrap_or_else(PoisonError::into_inner).add(call);
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn calls_are_noted_where_a_step_is_performed_and_only_there() {
        begin("GET", "/outside").ended(CallOutcome::Done, Some(200));
        let recorder = Recorder::begin();
        recorder
            .note(async {
                tokio::time::sleep(Duration::from_millis(30)).await;
                let open = begin("PUT", "/config");
                tokio::time::sleep(Duration::from_millis(7)).await;
                open.ended(CallOutcome::Refused, Some(500));
                let given_up = async {
                    let _open = begin("POST", "/clone");
                    std::future::pending::<()>().await;
                };
                tokio::time::timeout(Duration::from_millis(50), given_up).await.unwrap_err();
            })
            .await;
        let calls = recorder.calls();
        let noted: Vec<_> = calls
            .made
            .iter()
            .map(|call| (call.path.as_str(), call.after_ms, call.took_ms, call.outcome, call.status))
            .collect();
        assert_eq!(
            noted,
            [
                ("/config", 30, 7, CallOutcome::Refused, Some(500)),
                ("/clone", 37, 50, CallOutcome::Lost, None)
            ]
        );
    }
}

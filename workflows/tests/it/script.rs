//! Failpoints that follow a script: one injection, once, and a record of every place that was reached.

use async_trait::async_trait;
use dbx_domain::instance::StepName;
use dbx_workflows::failpoint::{Failpoint, Failpoints, Injection, Moment};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::Notify;

#[derive(Default)]
pub struct Script {
    injections: Mutex<Vec<(StepName, bool, Moment, Injection)>>,
    pub reached: Mutex<Vec<Failpoint>>,
}

impl Script {
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Adds an injection that happens the first time its place is reached.
    pub fn with(self, step: &StepName, undo: bool, moment: Moment, injection: Injection) -> Self {
        self.injections.lock().unwrap().push((step.clone(), undo, moment, injection));
        self
    }

    /// Whether every injection happened.
    pub fn is_spent(&self) -> bool {
        self.injections.lock().unwrap().is_empty()
    }
}

#[async_trait]
impl Failpoints for Script {
    async fn reach(&self, point: &Failpoint) -> Injection {
        self.reached.lock().unwrap().push(point.clone());
        let mut injections = self.injections.lock().unwrap();
        let here = |(step, undo, moment, _): &(StepName, bool, Moment, Injection)| {
            *step == point.step && *undo == point.undo && *moment == point.moment
        };
        match injections.iter().position(here) {
            Some(index) => injections.remove(index).3,
            None => Injection::None,
        }
    }
}

/// Holds the first worker that reaches a place until it is let go.
pub struct Hold {
    step: StepName,
    undo: bool,
    moment: Moment,
    spent: AtomicBool,
    pub reached: Notify,
    pub released: Notify,
}

impl Hold {
    pub fn at(step: &StepName, undo: bool, moment: Moment) -> Self {
        let (reached, released) = (Notify::new(), Notify::new());
        Self { step: step.clone(), undo, moment, spent: AtomicBool::new(false), reached, released }
    }
}

#[async_trait]
impl Failpoints for Hold {
    async fn reach(&self, point: &Failpoint) -> Injection {
        let here = point.step == self.step && point.undo == self.undo && point.moment == self.moment;
        if here && !self.spent.swap(true, Ordering::Relaxed) {
            self.reached.notify_one();
            self.released.notified().await;
        }
        Injection::None
    }
}

/// A script, and then a hold.
pub struct Both(pub Arc<Script>, pub Arc<Hold>);

#[async_trait]
impl Failpoints for Both {
    async fn reach(&self, point: &Failpoint) -> Injection {
        match self.0.reach(point).await {
            Injection::None => self.1.reach(point).await,
            injection => injection,
        }
    }
}

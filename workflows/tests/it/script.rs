//! Failpoints that follow a script: one injection, once, and a record of every place that was reached.

use dbx_domain::instance::StepName;
use dbx_workflows::failpoint::{Failpoint, Failpoints, Injection, Moment};
use std::sync::Mutex;

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

impl Failpoints for Script {
    fn reach(&self, point: &Failpoint) -> Injection {
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

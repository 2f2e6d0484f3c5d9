//! Shapes of how fast the installation is.

use dbx_projections::jobs;
use poem_openapi::Object;

/// How fast this installation is.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Pace {
    /// Of the newest instances that were created.
    pub(crate) creates: CreatePace,
}

/// How long the newest creates took that succeeded.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct CreatePace {
    /// How many were measured.
    pub(crate) measured: u32,
    /// The median in seconds; null before the first create.
    pub(crate) median_seconds: Option<f64>,
    /// One in twenty took longer than so many seconds; null before the first create.
    pub(crate) p95_seconds: Option<f64>,
    /// The steps in their order.
    pub(crate) steps: Vec<StepPace>,
}

/// How long a step of a create took.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct StepPace {
    /// Its name.
    pub(crate) step: String,
    /// The median in seconds.
    pub(crate) median_seconds: f64,
}

impl From<jobs::CreatePace> for CreatePace {
    fn from(pace: jobs::CreatePace) -> Self {
        let steps = pace.steps.into_iter();
        Self {
            measured: pace.measured,
            median_seconds: pace.median_seconds,
            p95_seconds: pace.p95_seconds,
            steps: steps
                .map(|step| StepPace { step: step.step.to_string(), median_seconds: step.median_seconds })
                .collect(),
        }
    }
}

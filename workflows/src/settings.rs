//! What an operator configures about workflows.

use crate::placement::PlacementRules;
use std::time::Duration;

/// How long a claim is exclusive since it was taken or last prolonged. A worker that hangs for ever costs this once.
pub const LEASE: Duration = Duration::from_secs(60);
/// How long one changing call may take, its connection included. Below [`LEASE`]: a call that was permitted is over
/// before anybody else may act.
pub const CALL_MAX: Duration = Duration::from_secs(45);

/// What an operator configures about workflows.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What may be handed out.
    pub placement: PlacementRules,
    /// Networks from which tenants may connect.
    pub allow_cidrs: Vec<String>,
    /// Networks from which the control plane connects.
    pub platform_cidrs: Vec<String>,
    /// Runs that one process advances at once.
    pub concurrency: usize,
    /// How often the log is scanned when no signal came: the guarantee behind the signals.
    pub scan_interval: Duration,
}

//! What happens in an org.

use super::{Count, ProjectScope};
use clap::Args;

/// `dbx events`.
#[derive(Args, Debug)]
pub struct EventsArgs {
    /// Go on with what happens from now on, until Ctrl-C
    #[arg(long, short)]
    pub follow: bool,
    /// The steps of jobs too
    #[arg(long)]
    pub detail: bool,
    /// Only what concerns this instance, by name or id
    #[arg(long, add = crate::complete::instances())]
    pub instance: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value = "20", allow_hyphen_values = true)]
    pub limit: Count,
    /// Of which org or project.
    #[command(flatten)]
    pub scope: ProjectScope,
}

//! Projects.

use super::{OrgScope, ProjectQuotaArgs, When};
use clap::{Args, Subcommand};

/// `dbx project …`.
#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// Make a project
    Create {
        /// Its name: lower-case letters, digits and hyphens
        name: String,
        /// In which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// List projects
    List {
        /// Of which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Show a project
    #[command(visible_alias = "show")]
    Info {
        /// Project, by name or id
        #[arg(add = crate::complete::projects())]
        project: String,
        /// As it was then: a time, a day, an age such as 2h-ago, or the number of an event in the org's history
        #[arg(long, value_name = "WHEN")]
        at: Option<When>,
        /// In which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Choose the project that commands work in
    #[command(visible_alias = "use")]
    Select {
        /// Project, by name or id
        #[arg(required_unless_present = "none", add = crate::complete::projects())]
        project: Option<String>,
        /// Work in all projects again
        #[arg(long, conflicts_with = "project")]
        none: bool,
        /// In which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Change a project's name
    Rename {
        /// Project, by name or id
        #[arg(add = crate::complete::projects())]
        project: String,
        /// The new name
        name: String,
        /// In which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Show how much a project may use of its org's quota, and uses; owners can change it, `none` lifts a limit
    Quota(ProjectQuotaArgs),
    /// Delete a project that holds no instances any more
    Delete(DeleteProjectArgs),
}

impl ProjectCommand {
    /// The project that it is about, as it was typed.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Info { project, .. } | Self::Rename { project, .. } => Some(project),
            Self::Delete(args) => Some(&args.project),
            Self::Quota(args) => args.project.as_deref(),
            Self::Select { project, .. } => project.as_deref(),
            Self::Create { .. } | Self::List { .. } => None,
        }
    }
}

/// `dbx project delete`.
#[derive(Args, Debug)]
pub struct DeleteProjectArgs {
    /// Project, by name or id
    #[arg(add = crate::complete::projects())]
    pub project: String,
    /// Do not ask
    #[arg(long)]
    pub force: bool,
    /// In which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

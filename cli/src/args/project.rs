//! Projects.

use super::OrgScope;
use clap::Subcommand;

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
    /// Choose the project that commands work in
    Select {
        /// Project, by name or id
        #[arg(required_unless_present = "none")]
        project: Option<String>,
        /// Work in all projects again
        #[arg(long, conflicts_with = "project")]
        none: bool,
        /// In which org.
        #[command(flatten)]
        scope: OrgScope,
    },
}

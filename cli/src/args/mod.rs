//! The command line.
//!
//! One file per verb group. Names and ids are plain text here; `resolve` finds out which is meant. Secrets are never
//! arguments: anybody on the machine can read those.

mod account;
mod api_call;
mod apikey;
mod audit;
mod command;
mod completion;
mod count;
mod events;
mod global;
mod instance;
mod instance_look;
mod instance_order;
mod job;
mod limit;
mod open;
mod org;
mod project;
mod quota;
mod scope;
mod tag;
mod webhook;
mod when;

pub use account::{AccountCommand, LoginArgs, RegisterArgs, SessionsCommand};
pub use api_call::{ApiArgs, ApiMethod};
pub use apikey::{ApikeyCommand, CreateKeyArgs, RevokeKeyArgs, RoleArg};
pub use audit::{AuditCommand, AuditExportArgs, AuditFilter, AuditListArgs, AuditVerifyArgs, ExportFormat};
pub use command::Command;
pub use completion::{CompletionArgs, ManArgs, ShellName};
pub use count::{Count, CountError};
pub use events::EventsArgs;
pub use global::Global;
pub use instance::{CredsCommand, DeleteArgs, InstanceCommand, OneArgs, OperateArgs};
pub use instance_look::{ConnectionArgs, HistoryArgs, InfoArgs, MetricsArgs, PsqlArgs, Window};
pub use instance_order::{CreateArgs, UpdateArgs};
pub use job::{JobCommand, JobListArgs, JobOneArgs, JobOperateArgs, WatchArgs};
pub use limit::{Limit, LimitError};
pub use open::{DoctorArgs, OpenArgs};
pub use org::{InviteArgs, MemberArgs, OrgCommand, QuotaArgs, UsageArgs};
pub use project::{DeleteProjectArgs, ProjectCommand};
pub use quota::{LimitArgs, ProjectQuotaArgs};
pub use scope::{OrgScope, ProjectScope, WaitArgs};
pub use tag::{Tag, TagError};
pub use webhook::{CreateWebhookArgs, UpdateWebhookArgs, WebhookArgs, WebhookCommand};
pub use when::{Moment, MomentError, When, WhenError};

use clap::Parser;

/// Postgres servers from the command line.
///
/// Names and ids are both understood wherever a thing is named. A changing command can be repeated without harm: its
/// calls carry a key, so what is asked for twice is done once.
#[derive(Debug, Parser)]
#[command(name = "dbx", version, max_term_width = 100, after_help = AFTER, after_long_help = AFTER_LONG)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Begin: dbx register, dbx project create myapp, dbx instance create --name db --plan nano --wait, dbx psql db

Exit codes: 0 done, 1 refused or wrong usage, 2 error, 3 --wait ran out, 4 the job failed, 130 interrupted.";

const AFTER_LONG: &str = "\
Begin:
  dbx register --email you@example.com
  dbx project create myapp
  dbx instance create --name db --plan nano --wait
  dbx psql db

Exit codes:
  0    done
  1    refused, or wrong usage: trying the same again is pointless
  2    error: the network, the server, a file, another job; the same may work later
  3    --wait ran out; the job goes on
  4    the job that was waited for did not succeed
  130  interrupted by Ctrl-C; a job that was begun goes on (143: by SIGTERM, 129: by SIGHUP)

Environment:
  DBX_API_URL  address of the server
  DBX_TOKEN    session or API key; goes before a stored session
  DBX_ORG      org to work in
  DBX_PROJECT  project to work in
  DBX_PROFILE  profile to work with
  NO_COLOR     no colours

Files: $XDG_CONFIG_HOME/dbx, else ~/.config/dbx. The session is in credentials.json, which is refused unless its owner \
alone can read it. It is not in a system keyring: that would need a desktop session or lose it at logout, and scripts, \
SSH and CI have neither. Where a machine is not trusted with a file, use DBX_TOKEN.";

//! The verbs and verb groups.

use super::{
    AccountCommand, ApiArgs, ApikeyCommand, AuditCommand, CompletionArgs, DoctorArgs, EventsArgs,
    InstanceCommand, JobCommand, LoginArgs, ManArgs, OpenArgs, OrgCommand, ProjectCommand, PsqlArgs,
    RegisterArgs, WebhookCommand,
};
use crate::failure::Kind;
use clap::Subcommand;

/// A verb or a verb group.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign up and in
    Register(RegisterArgs),
    /// Sign in
    Login(LoginArgs),
    /// Sign out: end the session on the server and forget it here
    Logout,
    /// Show who is signed in, where, and what is selected
    Whoami,
    /// The account: password, name, sessions
    #[command(subcommand)]
    Account(AccountCommand),
    /// Orgs: the unit of membership and quota
    #[command(subcommand, visible_alias = "orgs")]
    Org(OrgCommand),
    /// Projects: groups of instances
    #[command(subcommand, visible_alias = "projects")]
    Project(ProjectCommand),
    /// Instances: Postgres servers
    #[command(subcommand, visible_alias = "instances")]
    Instance(InstanceCommand),
    /// Open psql on an instance; short for `dbx instance psql`
    Psql(PsqlArgs),
    /// Jobs: what is being done to instances
    #[command(subcommand, visible_alias = "jobs")]
    Job(JobCommand),
    /// Show what can be ordered
    Plans,
    /// Show what happens in an org, newest last; --follow goes on live
    Events(EventsArgs),
    /// The audit log: who did what, from where
    #[command(subcommand)]
    Audit(AuditCommand),
    /// API keys: for programs
    #[command(subcommand, visible_alias = "apikeys")]
    Apikey(ApikeyCommand),
    /// Webhooks: other programs that are told what happens
    #[command(subcommand, visible_alias = "webhooks")]
    Webhook(WebhookCommand),
    /// Check whether the server, and an instance, can be reached from here, with TLS
    Doctor(DoctorArgs),
    /// Open the console in a browser
    Open(OpenArgs),
    /// Call the API
    ///
    /// Prints the answer's body. Changing calls carry an idempotency key and are repeated if their answer is lost.
    Api(ApiArgs),
    /// List the profiles: servers, sessions and selections apart from each other
    Profiles,
    /// Print a completion script for a shell; completes live names
    ///
    /// bash: `source <(dbx completion bash)`, zsh: `source <(dbx completion zsh)`, fish: `dbx completion fish | source`
    Completion(CompletionArgs),
    /// Print the manual page, or write one per command
    Man(ManArgs),
}

impl Command {
    /// The kind of thing that the command is about, and that very thing as it was typed.
    #[must_use]
    pub fn subject(&self) -> (Option<Kind>, Option<&str>) {
        let (kind, subject) = match self {
            Self::Instance(command) => (Kind::Instance, command.subject()),
            Self::Psql(args) => (Kind::Instance, Some(args.one.instance.as_str())),
            Self::Doctor(args) => (Kind::Instance, args.instance.as_deref()),
            Self::Open(args) => (Kind::Instance, args.instance.as_deref()),
            Self::Job(command) => (Kind::Job, command.subject()),
            Self::Project(command) => (Kind::Project, command.subject()),
            Self::Org(command) => (Kind::Org, command.subject()),
            _ => return (None, None),
        };
        (Some(kind), subject)
    }
}

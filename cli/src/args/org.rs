//! Orgs and who belongs to them.

use super::{LimitArgs, Moment, OrgScope, RoleArg, When};
use clap::{Args, Subcommand};

/// `dbx org …`.
#[derive(Debug, Subcommand)]
pub enum OrgCommand {
    /// List the orgs you belong to
    List,
    /// Show an org
    #[command(visible_alias = "show")]
    Info {
        /// Org, by name or id [default: the selected one, or the only one]
        #[arg(add = crate::complete::orgs())]
        org: Option<String>,
        /// As it was then: a time, a day, an age such as 2h-ago, or the number of an event in its history
        #[arg(long, value_name = "WHEN")]
        at: Option<When>,
    },
    /// Choose the org that commands work in
    #[command(visible_alias = "use")]
    Select {
        /// Org, by name or id
        #[arg(add = crate::complete::orgs())]
        org: String,
    },
    /// Make an org; you own it
    Create {
        /// Its name
        name: String,
    },
    /// Change an org's name
    Rename {
        /// The new name
        name: String,
        /// Which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Delete an org that holds nothing any more
    Delete {
        /// Org, by name or id
        #[arg(add = crate::complete::orgs())]
        org: String,
        /// Do not ask
        #[arg(long)]
        force: bool,
    },
    /// List who belongs to an org, with their roles
    Members {
        /// Of which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Change a member's role
    #[command(visible_alias = "roles")]
    Role {
        /// Who.
        #[command(flatten)]
        member: MemberArgs,
        /// The new role
        #[arg(value_enum)]
        role: RoleArg,
    },
    /// Take somebody out of an org
    Remove {
        /// Who.
        #[command(flatten)]
        member: MemberArgs,
        /// Do not ask
        #[arg(long)]
        force: bool,
    },
    /// Leave an org
    // It is needed, in one of two spellings; clap puts brackets around what one of them alone need not have.
    #[command(override_usage = "dbx org leave [OPTIONS] <ORG>")]
    Leave {
        /// Org, by name or id; it has to be given, the selected one is not meant
        #[arg(value_name = "ORG", required_unless_present = "flag", add = crate::complete::orgs())]
        org: Option<String>,
        /// The same, as an option
        #[arg(long = "org", id = "flag", value_name = "ORG", hide = true, conflicts_with = "org")]
        org_flag: Option<String>,
        /// Do not ask
        #[arg(long)]
        force: bool,
    },
    /// Invite somebody; prints a link to hand over, which a server that can mails too
    Invite(InviteArgs),
    /// List invitations that nobody has accepted yet
    Invitations {
        /// Of which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Withdraw an invitation
    Uninvite {
        /// Invitation, by address or id
        invitation: String,
        /// Of which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Accept an invitation
    Accept {
        /// The link from the invitation, or the token in it [default: asked for, or read from stdin]
        invitation: Option<String>,
    },
    /// Show how long instances ran, by plan and by instance
    Usage(UsageArgs),
    /// Show how much an org may use, and uses; owners can change it, `default` gives what a new org has
    Quota(QuotaArgs),
}

impl OrgCommand {
    /// The org that it is about, as it was typed.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match self {
            Self::Info { org, .. } => org.as_deref(),
            Self::Select { org } | Self::Delete { org, .. } => Some(org),
            Self::Leave { org, org_flag, .. } => org.as_deref().or(org_flag.as_deref()),
            _ => None,
        }
    }
}

/// Names a member.
#[derive(Args, Debug)]
pub struct MemberArgs {
    /// Member, by address, name or id
    #[arg(add = crate::complete::members())]
    pub member: String,
    /// Of which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// `dbx org invite`.
#[derive(Args, Debug)]
pub struct InviteArgs {
    /// The only address that may use the invitation
    #[arg(value_hint = clap::ValueHint::EmailAddress)]
    pub email: String,
    /// The role it grants; at most your own
    #[arg(long, value_enum, default_value = "member", hide_default_value = true)]
    pub role: RoleArg,
    /// Into which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// `dbx org usage`.
#[derive(Args, Debug)]
pub struct UsageArgs {
    /// Since then: a time, a day, or an age such as 7d-ago [default: the beginning of the month]
    #[arg(long, value_name = "WHEN")]
    pub from: Option<Moment>,
    /// Until then [default: now]
    #[arg(long, value_name = "WHEN")]
    pub to: Option<Moment>,
    /// Of which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// `dbx org quota`.
#[derive(Args, Debug)]
pub struct QuotaArgs {
    /// What to change.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// Of which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

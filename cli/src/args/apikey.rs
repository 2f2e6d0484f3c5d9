//! API keys: for programs.

use super::{OrgScope, When};
use crate::api::Role;
use clap::{Args, Subcommand, ValueEnum};

/// `dbx apikey …`.
#[derive(Debug, Subcommand)]
pub enum ApikeyCommand {
    /// List API keys
    List {
        /// Of which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Make an API key; its token is shown this once
    // The name is needed, in one of two spellings.
    #[command(override_usage = "dbx apikey create [OPTIONS] --role <ROLE> <NAME>")]
    Create(CreateKeyArgs),
    /// Revoke an API key; what uses it is refused from then on
    Revoke(RevokeKeyArgs),
}

/// `dbx apikey create`.
#[derive(Args, Debug)]
pub struct CreateKeyArgs {
    /// Your word for it, such as the program that uses it
    #[arg(value_name = "NAME", required_unless_present = "flag")]
    pub name: Option<String>,
    /// The same, as an option
    #[arg(long = "name", id = "flag", value_name = "NAME", hide = true, conflicts_with = "name")]
    pub name_flag: Option<String>,
    /// The most it may do; at most what you may
    #[arg(long, value_enum)]
    pub role: RoleArg,
    /// When it stops working: a time, a day, or days such as 90d [default: never]
    #[arg(long, value_name = "WHEN", value_parser = expiry)]
    pub expires: Option<When>,
    /// For which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// `dbx apikey revoke`.
#[derive(Args, Debug)]
pub struct RevokeKeyArgs {
    /// API key, by name, id or prefix
    #[arg(value_name = "KEY", add = crate::complete::apikeys())]
    pub key: String,
    /// Do not ask
    #[arg(long)]
    pub force: bool,
    /// Of which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// A member's standing, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleArg {
    /// Looks
    Viewer,
    /// Works with projects and instances
    Member,
    /// Manages people, keys and deletions too
    Admin,
    /// May do everything
    Owner,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Member => Self::Member,
            RoleArg::Admin => Self::Admin,
            RoleArg::Owner => Self::Owner,
        }
    }
}

/// A moment in the future: as [`When`], or a number of days, hours or minutes from now.
fn expiry(text: &str) -> Result<When, String> {
    let now = time::OffsetDateTime::now_utc();
    let units = [('m', 60), ('h', 3600), ('d', 86_400)];
    let from_now = units.into_iter().find_map(|(unit, seconds)| {
        let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
        now.checked_add(time::Duration::seconds(i64::from(number) * seconds))
    });
    let wrong = || "write a time such as 2027-01-31T00:00:00Z, a day such as 2027-01-31, or 90d".to_owned();
    match from_now {
        Some(at) => {
            When::read(&at.format(&time::format_description::well_known::Rfc3339).map_err(|_| wrong())?, now)
        }
        None if text.contains('-') && !text.ends_with("ago") => When::read(text, now),
        None => return Err(wrong()),
    }
    .map_err(|_| wrong())
}

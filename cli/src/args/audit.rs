//! The audit log.

use super::{Count, Moment, OrgScope};
use crate::verify::PublicKey;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `dbx audit …`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// List who did what, newest first
    List(AuditListArgs),
    /// Write the audit log to a file or to stdout
    Export(AuditExportArgs),
    /// Prove that nothing in an org's history was edited, dropped, reordered or given another time
    Verify(AuditVerifyArgs),
}

/// Narrows the audit log.
#[derive(Args, Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only what this member or API key did, by address or id
    #[arg(long)]
    pub actor: Option<String>,
    /// Only this kind of action, such as instance.create
    #[arg(long)]
    pub action: Option<String>,
    /// Only what was done to this thing: an instance by name, anything by id
    #[arg(long)]
    pub resource: Option<String>,
    /// Only since then: a time, a day, or an age such as 7d-ago
    #[arg(long, value_name = "WHEN")]
    pub from: Option<Moment>,
    /// Only until then
    #[arg(long, value_name = "WHEN")]
    pub to: Option<Moment>,
    /// Of which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// `dbx audit list`.
#[derive(Args, Debug)]
pub struct AuditListArgs {
    /// Which entries.
    #[command(flatten)]
    pub filter: AuditFilter,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value = "50", allow_hyphen_values = true)]
    pub limit: Count,
}

/// `dbx audit export`.
#[derive(Args, Debug)]
pub struct AuditExportArgs {
    /// Which entries.
    #[command(flatten)]
    pub filter: AuditFilter,
    /// How they are written, whatever --output says
    #[arg(long, value_enum, default_value = "jsonl")]
    pub format: ExportFormat,
    /// The file; nothing that exists is overwritten [default: stdout]
    #[arg(long, short, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub file: Option<PathBuf>,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// A JSON document per line
    Jsonl,
    /// For spreadsheets
    Csv,
}

impl ExportFormat {
    /// As the API has it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

/// `dbx audit verify`.
#[derive(Args, Debug)]
pub struct AuditVerifyArgs {
    /// Public key that may sign, as the operator published it; may be given many times [default: those trusted so far,
    /// at first those of the server]
    #[arg(long = "key", value_name = "HEX")]
    pub keys: Vec<PublicKey>,
    /// Verify this export of `dbx api GET "/audit-logs/chain?orgId=…"` in the place of a fresh one
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub chain: Option<PathBuf>,
    /// Of which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

//! Webhooks: other programs that are told what happens in an org.

use super::{Count, OrgScope, When, WhenError};
use clap::{Args, Subcommand};

/// `dbx webhook …`.
#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// List an org's webhooks
    List {
        /// Of which org.
        #[command(flatten)]
        scope: OrgScope,
    },
    /// Have an address told what happens from now on; the secret is shown this once
    Create(CreateWebhookArgs),
    /// Show a webhook
    #[command(visible_alias = "show")]
    Info(WebhookArgs),
    /// Change a webhook, or stop and start telling it
    Update(UpdateWebhookArgs),
    /// Send a message for a try, and say how it fared
    Test(WebhookArgs),
    /// List what a webhook was told of late, newest first
    Deliveries {
        /// Which webhook.
        #[command(flatten)]
        one: WebhookArgs,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value = "50", allow_hyphen_values = true)]
        limit: Count,
    },
    /// Tell a webhook again everything that happened since then
    Replay {
        /// Which webhook.
        #[command(flatten)]
        one: WebhookArgs,
        /// A time, a day, an age such as 2h-ago, a position, or the id of a message from its deliveries
        #[arg(long, value_name = "WHEN|MESSAGE", value_parser = origin)]
        from: When,
    },
    /// Delete a webhook; its address is told nothing any more
    Delete {
        /// Which webhook.
        #[command(flatten)]
        one: WebhookArgs,
        /// Do not ask
        #[arg(long)]
        force: bool,
    },
}

/// A message is called after the position of what it tells.
fn origin(text: &str) -> Result<When, WhenError> {
    text.strip_prefix("msg_").unwrap_or(text).parse()
}

/// Names a webhook.
#[derive(Args, Debug)]
pub struct WebhookArgs {
    /// Webhook, by address or id
    #[arg(value_name = "WEBHOOK", add = crate::complete::webhooks())]
    pub webhook: String,
    /// Of which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// `dbx webhook create`.
#[derive(Args, Debug)]
pub struct CreateWebhookArgs {
    /// Address that messages are posted to
    #[arg(value_hint = clap::ValueHint::Url)]
    pub url: String,
    /// An event it is told of, such as WorkflowFinished; may be given many times [default: all but the steps of jobs]
    #[arg(long = "event", value_name = "EVENT")]
    pub events: Vec<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// In which org.
    #[command(flatten)]
    pub scope: OrgScope,
}

/// `dbx webhook update`.
#[derive(Args, Debug)]
#[group(id = "change", required = true, multiple = true, args = ["url", "events", "all_events", "description", "enable", "disable"])]
pub struct UpdateWebhookArgs {
    /// Which webhook.
    #[command(flatten)]
    pub one: WebhookArgs,
    /// Its new address
    #[arg(long, value_hint = clap::ValueHint::Url)]
    pub url: Option<String>,
    /// An event it is told of, in the place of those so far; may be given many times
    #[arg(long = "event", value_name = "EVENT", conflicts_with = "all_events")]
    pub events: Vec<String>,
    /// Tell it of all events but the steps of jobs
    #[arg(long)]
    pub all_events: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// Go on telling it, from where it was stopped
    #[arg(long, conflicts_with = "disable")]
    pub enable: bool,
    /// Stop telling it
    #[arg(long)]
    pub disable: bool,
}

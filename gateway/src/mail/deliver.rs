//! Sending what waits, in one copy of the server.

use super::post::{Letter, Refused};
use crate::{app::App, http::problem::Problem};
use dbx_domain::{Secret, ids::SecretId};
use dbx_projections::{invitations, orgs};
use dbx_sql::source::invitation_mails::{self, DueMail};
use dbx_workflows::care::duty::Duty;
use std::time::Duration;
use tokio::sync::watch;

/// Pause between two looks for something to send.
const ROUND: Duration = Duration::from_secs(1);
/// Mails that one look finds.
const FOUND_MAX: u32 = 50;
/// Pause after the first failure; doubles with each.
const PAUSE: Duration = Duration::from_secs(30);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(3_600);

/// Sends while this copy of the server has the duty.
pub struct Mailer {
    /// The application, for its database, vault and way to the mail server.
    pub app: App,
    /// The duty to send.
    pub duty: Duty,
}

impl Mailer {
    /// Works until `stop` turns true; then resigns.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            match self.duty.take().await {
                Ok(true) => {
                    if let Err(error) = deliver_due(&self.app).await {
                        tracing::warn!(%error, "mail could not be sent");
                    }
                }
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "cannot ask for the duty to send mail"),
            }
            tokio::select! {
                // An error means that nobody can tell us any more: stop as well.
                _ = stop.wait_for(|stop| *stop) => break,
                () = tokio::time::sleep(ROUND) => {}
            }
        }
        self.duty.resign().await;
    }
}

/// Sends every mail that is due, one after another; says how many there were.
///
/// # Errors
/// The database does not answer; a mail that is not taken is no error.
pub async fn deliver_due(app: &App) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let found = invitation_mails::due(app.db(), FOUND_MAX).await?;
    for mail in &found {
        deliver(app, mail).await?;
    }
    Ok(found.len())
}

async fn deliver(app: &App, mail: &DueMail) -> Result<(), Problem> {
    let Some(post) = app.post() else { return Ok(()) };
    let Some(letter) = letter(app, mail).await? else { return Ok(()) };
    let invitation = mail.invitation;
    match post.send(letter).await {
        Ok(()) => {
            tracing::info!(%invitation, "an invitation was mailed");
            invitation_mails::sent(app.db(), invitation).await?;
        }
        // The reason may name the address, which no log should: whoever invited sees it.
        Err(Refused { reason, for_good: true }) => {
            tracing::warn!(%invitation, "the mail server refuses an invitation for good");
            invitation_mails::given_up(app.db(), invitation, &reason).await?;
        }
        Err(Refused { reason, for_good: false }) => {
            tracing::warn!(%invitation, failures = mail.failures + 1, "an invitation could not be mailed yet");
            invitation_mails::failed(app.db(), invitation, &reason, pause(mail.failures)).await?;
        }
    }
    Ok(())
}

/// The mail's text; none if the invitation has ended meanwhile.
async fn letter(app: &App, mail: &DueMail) -> Result<Option<Letter>, Problem> {
    let (Some(public), Some(org), Some(invitation)) = (
        app.public_url(),
        orgs::find(app.db(), mail.org).await?,
        invitations::find(app.db(), mail.invitation).await?,
    ) else {
        return Ok(None);
    };
    let token = match app.vault().open(secret_of(mail), 1).await {
        Ok(token) => token,
        Err(dbx_sql::VaultError::Gone { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (name, role, until) = (org.name, invitation.role, mail.expires_at);
    let link = invitation_link(public, &token);
    Ok(Some(Letter {
        invitation: mail.invitation,
        to: mail.email.clone(),
        subject: format!("Invitation to {name}"),
        text: format!(
            "You are invited to the org \"{name}\" on db.xyz, as {role}.\n\n\
             Open this link and sign in with this email address, before {until}:\n\n{link}\n\n\
             The link works once, and for this address only. If you expected no invitation, do nothing.\n"
        ),
    }))
}

/// The page that uses an invitation. What is behind `#` is sent to no server.
pub(crate) fn invitation_link(base: &str, token: &Secret) -> String {
    format!("{}/invitations#{}", base.trim_end_matches('/'), token.expose())
}

fn secret_of(mail: &DueMail) -> SecretId {
    SecretId::from_uuid(mail.invitation.uuid())
}

fn pause(failures: u32) -> Duration {
    PAUSE.saturating_mul(1 << failures.min(20)).min(PAUSE_MAX)
}

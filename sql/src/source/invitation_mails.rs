//! Mails that bring invitations, and how they fare.
//!
//! Guarantees: a mail exists only while its link does; its token is sealed like any secret and goes for good as soon as
//! the mail is sent or given up, and with the link.

use crate::{database::Database, error::SqlError};
use dbx_domain::{
    ids::{InvitationId, OrgId},
    time::Timestamp,
};
use std::time::Duration;
use tokio_postgres::{Row, types::ToSql};

/// A mail that is to be sent now. `Debug` prints only the invitation's id.
#[derive(Clone, PartialEq, Eq)]
pub struct DueMail {
    /// The invitation.
    pub invitation: InvitationId,
    /// Into which org.
    pub org: OrgId,
    /// To whom.
    pub email: String,
    /// Until when the link works.
    pub expires_at: Timestamp,
    /// Failures so far.
    pub failures: u32,
}

impl std::fmt::Debug for DueMail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DueMail({})", self.invitation)
    }
}

/// How a mail fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailStanding {
    /// The invitation.
    pub invitation: InvitationId,
    /// When it was taken by the mail server.
    pub sent_at: Option<Timestamp>,
    /// When it is tried again, or for the first time; none if it was sent or given up.
    pub due_at: Option<Timestamp>,
    /// Failures so far.
    pub failures: u32,
    /// Why it failed last.
    pub last_error: Option<String>,
}

/// Mails to be sent now, those that wait longest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn due(db: &Database, limit: u32) -> Result<Vec<DueMail>, SqlError> {
    const SQL: &str = "SELECT m.invitation_id, l.org_id, l.email, l.expires_at, m.failures
        FROM invitation_mails m JOIN invitation_links l USING (invitation_id)
        WHERE m.due_at <= dbx_now() AND l.expires_at > dbx_now() ORDER BY m.due_at, m.invitation_id LIMIT $1";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.query(&statement, &[&i64::from(limit)]).await?.iter().map(read_due).collect()
}

/// Notes that a mail was taken by the mail server; its token is forgotten.
///
/// # Errors
/// Any [`SqlError`].
pub async fn sent(db: &Database, invitation: InvitationId) -> Result<(), SqlError> {
    const SQL: &str = "WITH forgotten AS (DELETE FROM secrets WHERE owner = $1)
        UPDATE invitation_mails SET due_at = NULL, sent_at = dbx_now(), last_error = NULL WHERE invitation_id = $1";
    execute(db, SQL, &[&invitation.to_string()]).await
}

/// Notes a failure; it is tried again after `pause`.
///
/// # Errors
/// Any [`SqlError`].
pub async fn failed(
    db: &Database,
    invitation: InvitationId,
    error: &str,
    pause: Duration,
) -> Result<(), SqlError> {
    const SQL: &str = "UPDATE invitation_mails
        SET failures = failures + 1, last_error = $2, due_at = dbx_now() + make_interval(secs => $3)
        WHERE invitation_id = $1";
    execute(db, SQL, &[&invitation.to_string(), &error, &pause.as_secs_f64()]).await
}

/// Notes a failure that no repetition mends; the mail's token is forgotten.
///
/// # Errors
/// Any [`SqlError`].
pub async fn given_up(db: &Database, invitation: InvitationId, error: &str) -> Result<(), SqlError> {
    const SQL: &str = "WITH forgotten AS (DELETE FROM secrets WHERE owner = $1)
        UPDATE invitation_mails SET failures = failures + 1, last_error = $2, due_at = NULL
        WHERE invitation_id = $1";
    execute(db, SQL, &[&invitation.to_string(), &error]).await
}

/// How the mails of several invitations fare, in no particular order; those without a mail are absent.
///
/// # Errors
/// Any [`SqlError`].
pub async fn standings(db: &Database, invitations: &[InvitationId]) -> Result<Vec<MailStanding>, SqlError> {
    const SQL: &str = "SELECT invitation_id, sent_at, due_at, failures, last_error FROM invitation_mails
                       WHERE invitation_id = ANY($1)";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let ids: Vec<String> = invitations.iter().map(ToString::to_string).collect();
    client.query(&statement, &[&ids]).await?.iter().map(read_standing).collect()
}

async fn execute(db: &Database, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<(), SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached(sql).await?;
    client.execute(&statement, params).await?;
    Ok(())
}

fn read_due(row: &Row) -> Result<DueMail, SqlError> {
    Ok(DueMail {
        invitation: super::read_id(row, 0, "invitation_mails.invitation_id")?,
        org: super::read_id(row, 1, "invitation_links.org_id")?,
        email: row.try_get(2)?,
        expires_at: row.try_get::<_, time::OffsetDateTime>(3)?.into(),
        failures: row.try_get::<_, i32>(4)?.cast_unsigned(),
    })
}

fn read_standing(row: &Row) -> Result<MailStanding, SqlError> {
    let time =
        |index| row.try_get::<_, Option<time::OffsetDateTime>>(index).map(|at| at.map(Timestamp::from));
    Ok(MailStanding {
        invitation: super::read_id(row, 0, "invitation_mails.invitation_id")?,
        sent_at: time(1)?,
        due_at: time(2)?,
        failures: row.try_get::<_, i32>(3)?.cast_unsigned(),
        last_error: row.try_get(4)?,
    })
}

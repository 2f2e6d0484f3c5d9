//! Whom an invitation is for, and a hash of its link. Personal data and a credential, so beside the log.
//!
//! Guarantee: a row exists exactly as long as its link may still be used; expired rows are never found and are swept.

use crate::{batch::Batch, database::Database, error::SqlError, params};
use dbx_domain::{
    ids::{InvitationId, OrgId},
    time::Timestamp,
};
use tokio_postgres::Row;

/// An invitation that can be used. `Debug` prints only its id.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationLink {
    /// The invitation.
    pub invitation: InvitationId,
    /// Into which org.
    pub org: OrgId,
    /// The only address that may use it.
    pub email: String,
    /// SHA-256 of the token in the link.
    pub token_hash: [u8; 32],
    /// Until when.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for InvitationLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "InvitationLink({})", self.invitation)
    }
}

/// A change of `invitation_links`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InvitationWrite {
    /// Adds a link.
    Issue(InvitationLink),
    /// Has it mailed; its token is sealed in the same commit.
    Mail(InvitationId),
    /// Takes a link away: it was used or withdrawn.
    Drop(InvitationId),
    /// Takes every link of an org away.
    DropAllOf(OrgId),
}

impl InvitationWrite {
    pub(crate) fn push(self, out: &mut Batch) {
        match self {
            Self::Issue(InvitationLink { invitation, org, email, token_hash, expires_at }) => out.push(
                "INSERT INTO invitation_links (invitation_id, org_id, email, token_hash, expires_at)
                 VALUES ($1, $2, $3, $4, $5)",
                params![
                    invitation.to_string(),
                    org.to_string(),
                    email,
                    token_hash.to_vec(),
                    expires_at.inner()
                ],
            ),
            Self::Mail(invitation) => out.push(
                "INSERT INTO invitation_mails (invitation_id) VALUES ($1)",
                params![invitation.to_string()],
            ),
            Self::Drop(invitation) => out.push(
                "DELETE FROM invitation_links WHERE invitation_id = $1",
                params![invitation.to_string()],
            ),
            Self::DropAllOf(org) => {
                out.push("DELETE FROM invitation_links WHERE org_id = $1", params![org.to_string()]);
            }
        }
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT invitation_id, org_id, email, token_hash, expires_at FROM invitation_links ", $rest)
    };
}

/// The usable link of a token.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_by_token_hash(
    db: &Database,
    token_hash: &[u8; 32],
) -> Result<Option<InvitationLink>, SqlError> {
    const SQL: &str = select!("WHERE token_hash = $1 AND expires_at > dbx_now()");
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    client.query_opt(&statement, &[&token_hash.as_slice()]).await?.map(|row| read(&row)).transpose()
}

/// The usable links of several invitations, in no particular order.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_many(db: &Database, invitations: &[InvitationId]) -> Result<Vec<InvitationLink>, SqlError> {
    const SQL: &str = select!("WHERE invitation_id = ANY($1)");
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let ids: Vec<String> = invitations.iter().map(ToString::to_string).collect();
    client.query(&statement, &[&ids]).await?.iter().map(read).collect()
}

/// The org's invitations of an address, expired ones too until they are swept, in no particular order.
///
/// # Errors
/// Any [`SqlError`].
pub async fn of_address(db: &Database, org: OrgId, email: &str) -> Result<Vec<InvitationId>, SqlError> {
    const SQL: &str = select!("WHERE org_id = $1 AND email = $2");
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&org.to_string(), &email]).await?;
    rows.iter().map(|row| read(row).map(|link| link.invitation)).collect()
}

/// Deletes links that expired; says how many.
///
/// # Errors
/// Any [`SqlError`].
pub async fn delete_expired(db: &Database) -> Result<u64, SqlError> {
    let client = db.client().await?;
    Ok(client.execute("DELETE FROM invitation_links WHERE expires_at <= dbx_now()", &[]).await?)
}

fn read(row: &Row) -> Result<InvitationLink, SqlError> {
    let hash: &[u8] = row.try_get(3)?;
    Ok(InvitationLink {
        invitation: super::read_id(row, 0, "invitation_links.invitation_id")?,
        org: super::read_id(row, 1, "invitation_links.org_id")?,
        email: row.try_get(2)?,
        token_hash: hash.try_into().map_err(|_| SqlError::Unreadable {
            what: "invitation_links.token_hash".to_owned(),
            why: "it is not 32 bytes".to_owned(),
        })?,
        expires_at: row.try_get::<_, time::OffsetDateTime>(4)?.into(),
    })
}

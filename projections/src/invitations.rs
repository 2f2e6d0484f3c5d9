//! Invitations into orgs, and what became of them.
//!
//! The invited address and the token are not here: they are personal data and a credential, kept beside the log.

use crate::{
    columns::{self, Columns},
    model::{self, ReadModel, Rebuild},
    page::{Page, PageRequest},
};
use dbx_domain::{
    ids::{AccountId, InvitationId, OrgId},
    org::OrgEvent,
    policy::Role,
    time::Timestamp,
};
use dbx_sql::{Batch, Database, InlineProjection, NewlyRecorded, ProjectionError, SqlError, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio_postgres::Row;

const DDL: &str = "CREATE TABLE invitations (
    invitation_id text PRIMARY KEY,
    org_id        text        NOT NULL,
    role          text        NOT NULL,
    status        text        NOT NULL CHECK (status IN ('open', 'accepted', 'revoked')),
    expires_at    timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    accepted_by   text
);
CREATE INDEX invitations_open ON invitations (org_id, created_at, invitation_id) WHERE status = 'open'";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "invitations",
    version: 1,
    tables: &["invitations"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(Invitations),
};

/// Fills `invitations`.
#[derive(Clone, Copy, Debug)]
pub struct Invitations;

impl InlineProjection for Invitations {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let Some(happened) = model::org(event)? else { return Ok(()) };
        let org = event.aggregate_id.to_owned();
        match happened {
            OrgEvent::InvitationIssued { invitation, role, expires_at } => {
                let mut params = params![invitation.to_string(), org, role.name(), expires_at.inner()];
                params.push(event.recorded_at_param());
                out.push(
                    "INSERT INTO invitations (invitation_id, org_id, role, status, expires_at, created_at)
                     VALUES ($1, $2, $3, 'open', $4, coalesce($5, dbx_now()))",
                    params,
                );
            }
            OrgEvent::InvitationAccepted { invitation, account } => out.push(
                "UPDATE invitations SET status = 'accepted', accepted_by = $2 WHERE invitation_id = $1",
                params![invitation.to_string(), account.to_string()],
            ),
            OrgEvent::InvitationRevoked { invitation } => out.push(
                "UPDATE invitations SET status = 'revoked' WHERE invitation_id = $1",
                params![invitation.to_string()],
            ),
            OrgEvent::OrgDeleted {} => out.push(
                "UPDATE invitations SET status = 'revoked' WHERE org_id = $1 AND status = 'open'",
                params![org],
            ),
            _ => {}
        }
        Ok(())
    }
}

/// What became of an invitation. An open one may have expired: compare `expires_at` with the database's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationStatus {
    /// Neither used nor withdrawn.
    Open,
    /// Used.
    Accepted,
    /// Withdrawn, or its org was deleted.
    Revoked,
}

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvitationView {
    /// Its id.
    pub invitation: InvitationId,
    /// Into which org.
    pub org: OrgId,
    /// As what.
    pub role: Role,
    /// What became of it.
    pub status: InvitationStatus,
    /// Until when it can be used.
    pub expires_at: Timestamp,
    /// When it was issued.
    pub created_at: Timestamp,
    /// Who used it.
    pub accepted_by: Option<AccountId>,
}

fn read(row: &Row) -> Result<InvitationView, SqlError> {
    let columns = Columns(row);
    Ok(InvitationView {
        invitation: columns.word("invitation_id")?,
        org: columns.word("org_id")?,
        role: columns.word("role")?,
        status: columns.word("status")?,
        expires_at: columns.time("expires_at")?,
        created_at: columns.time("created_at")?,
        accepted_by: columns.maybe_word("accepted_by")?,
    })
}

/// The invitation, whatever became of it.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, invitation: InvitationId) -> Result<Option<InvitationView>, SqlError> {
    const SQL: &str = "SELECT invitation_id, org_id, role, status, expires_at, created_at, accepted_by
                       FROM invitations WHERE invitation_id = $1";
    columns::row(db, SQL, &[&invitation.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// The org's invitations that can still be used, newest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_org(
    db: &Database,
    org: OrgId,
    page: &PageRequest,
) -> Result<Page<InvitationView>, SqlError> {
    const SQL: &str = "SELECT invitation_id, org_id, role, status, expires_at, created_at, accepted_by
        FROM invitations WHERE org_id = $1 AND status = 'open' AND expires_at > dbx_now()
          AND (created_at, invitation_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
        ORDER BY created_at DESC, invitation_id DESC LIMIT $4";
    let rows = columns::rows(db, SQL, &[&org.to_string(), &page.at(), &page.id(), &page.limit()]).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |item| (item.created_at, item.invitation.to_string())))
}

//! Signed-in sessions. Only a hash of each token is kept, so a copy of this table signs nobody in.

use crate::{batch::Batch, database::Database, error::SqlError, params};
use dbx_domain::{
    ids::{AccountId, SessionId},
    time::Timestamp,
};
use std::collections::BTreeSet;
use tokio_postgres::Row;

/// Least time between two notes of "last seen" for one session, in seconds, so that reading stays cheap.
pub const LAST_SEEN_STEP_SECONDS: f64 = 60.0;

/// A session that is not used for so long ends, in days.
pub const IDLE_DAYS: i32 = 14;

/// A session about to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Its id, which may be shown.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// The client's address.
    pub ip: Option<String>,
    /// The client's name for itself.
    pub user_agent: Option<String>,
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// Last use, to the minute.
    pub last_seen_at: Timestamp,
    /// The client's address when it was opened.
    pub ip: Option<String>,
    /// The client's name for itself when it was opened.
    pub user_agent: Option<String>,
}

/// A change of `sessions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionWrite {
    /// Opens one.
    Open(NewSession),
    /// Closes one of this account's.
    Close(AccountId, SessionId),
    /// Closes all of this account's, perhaps but the one in use.
    CloseAll {
        /// Whose.
        account: AccountId,
        /// The one to keep.
        except: Option<SessionId>,
    },
}

impl SessionWrite {
    pub(crate) fn push(self, out: &mut Batch) {
        match self {
            Self::Open(NewSession { id, account, token_hash, expires_at, ip, user_agent }) => out.push(
                "INSERT INTO sessions (session_id, account_id, token_hash, expires_at, ip, user_agent)
                 VALUES ($1, $2, $3, $4, $5, $6)",
                params![
                    id.to_string(),
                    account.to_string(),
                    token_hash.to_vec(),
                    expires_at.inner(),
                    ip,
                    user_agent
                ],
            ),
            Self::Close(account, id) => out.push(
                "DELETE FROM sessions WHERE account_id = $1 AND session_id = $2",
                params![account.to_string(), id.to_string()],
            ),
            Self::CloseAll { account, except } => out.push(
                "DELETE FROM sessions WHERE account_id = $1 AND session_id IS DISTINCT FROM $2",
                params![account.to_string(), except.map(|id| id.to_string())],
            ),
        }
    }
}

macro_rules! columns {
    () => {
        "session_id, account_id, created_at, expires_at, last_seen_at, ip, user_agent"
    };
}

/// Notes that sessions are in use, each at most once a minute. A session that somebody else writes to is left out: it is
/// either closed or noted.
///
/// # Errors
/// Any [`SqlError`].
pub async fn note_seen(db: &Database, sessions: &[SessionId]) -> Result<(), SqlError> {
    const SQL: &str = "UPDATE sessions SET last_seen_at = dbx_now() WHERE session_id IN (
        SELECT session_id FROM sessions
        WHERE session_id = ANY($1) AND last_seen_at < dbx_now() - make_interval(secs => $2)
        FOR UPDATE SKIP LOCKED)";
    super::note(db, SQL, sessions, LAST_SEEN_STEP_SECONDS).await
}

/// From which client addresses whoever has this email address is signed in, at most a thousand.
///
/// # Errors
/// Any [`SqlError`].
pub async fn addresses_of(db: &Database, email: &str) -> Result<Vec<String>, SqlError> {
    const SQL: &str = "SELECT DISTINCT s.ip FROM people p JOIN sessions s ON s.account_id = p.account_id
        WHERE p.email = $1 AND s.ip IS NOT NULL AND s.expires_at > dbx_now()
          AND s.last_seen_at > dbx_now() - make_interval(days => $2) LIMIT 1000";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&email, &IDLE_DAYS]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The open sessions of an account, newest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn list(db: &Database, account: AccountId) -> Result<Vec<Session>, SqlError> {
    let client = db.client().await?;
    let sql = concat!(
        "SELECT ",
        columns!(),
        " FROM sessions WHERE account_id = $1 AND expires_at > dbx_now()
           AND last_seen_at > dbx_now() - make_interval(days => $2) ORDER BY created_at DESC, session_id"
    );
    let statement = client.prepare_cached(sql).await?;
    client.query(&statement, &[&account.to_string(), &IDLE_DAYS]).await?.iter().map(read).collect()
}

/// Deletes sessions that ended by themselves, at their time or unused; says how many.
///
/// # Errors
/// Any [`SqlError`].
pub async fn delete_expired(db: &Database) -> Result<u64, SqlError> {
    let client = db.client().await?;
    let sql = "DELETE FROM sessions
               WHERE expires_at <= dbx_now() OR last_seen_at <= dbx_now() - make_interval(days => $1)";
    Ok(client.execute(sql, &[&IDLE_DAYS]).await?)
}

/// Those of several sessions that are neither closed nor over.
///
/// # Errors
/// Any [`SqlError`].
pub async fn open_among(db: &Database, sessions: &[SessionId]) -> Result<BTreeSet<SessionId>, SqlError> {
    let sql = "SELECT session_id FROM sessions WHERE session_id = ANY($1) AND expires_at > dbx_now()
                 AND last_seen_at > dbx_now() - make_interval(days => $2)";
    let client = db.client().await?;
    let statement = client.prepare_cached(sql).await?;
    let ids: Vec<String> = sessions.iter().map(ToString::to_string).collect();
    let rows = client.query(&statement, &[&ids, &IDLE_DAYS]).await?;
    rows.iter().map(|row| super::read_id(row, 0, "sessions.session_id")).collect()
}

fn read(row: &Row) -> Result<Session, SqlError> {
    let time = |index| row.try_get::<_, time::OffsetDateTime>(index).map(Timestamp::from);
    Ok(Session {
        id: super::read_id(row, 0, "sessions.session_id")?,
        account: super::read_id(row, 1, "sessions.account_id")?,
        created_at: time(2)?,
        expires_at: time(3)?,
        last_seen_at: time(4)?,
        ip: row.try_get(5)?,
        user_agent: row.try_get(6)?,
    })
}

//! Whom a token stands for and, in the same statement, what its bearer asks for and as whom.
//!
//! Guarantees: nothing is remembered between two requests, so what a commit revokes (a session, a key, a membership) works
//! no longer from that commit on, whichever copy of the server is asked. It only reads: see [`Bearer::stale`].

mod shared;

pub use shared::Sights;

use crate::{
    columns::{self, Columns},
    instances::{self, InstanceView},
};
use dbx_domain::{
    ids::{AccountId, ApiKeyId, InstanceId, OrgId, SessionId},
    policy::Role,
};
use dbx_sql::{
    Database, SqlError,
    source::{
        api_keys::LAST_USED_STEP_SECONDS,
        sessions::{IDLE_DAYS, LAST_SEEN_STEP_SECONDS},
    },
};
use tokio_postgres::{Row, types::ToSql};

/// What a token is found by.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// SHA-256 of a session's token.
    Session(&'a [u8; 32]),
    /// The readable part of an API key. The caller compares the secret's hash.
    ApiKey(&'a str),
}

/// Whom a token stands for: an open session, or a key that is neither revoked nor expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The person.
    pub account: AccountId,
    /// How they prove it.
    pub means: Means,
    /// The note of its last use is a minute old or more.
    pub stale: bool,
}

/// How somebody proves who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Means {
    /// By signing in.
    Session(SessionId),
    /// By an API key.
    ApiKey {
        /// Which.
        key: ApiKeyId,
        /// The only org it opens.
        org: OrgId,
        /// The most it may do there.
        ceiling: Role,
        /// SHA-256 of its secret, to be compared in constant time.
        secret_hash: [u8; 32],
    },
}

/// An instance and what its beholder is in its org; none for strangers.
pub type Beheld = (InstanceView, Option<Role>);

/// `$1` finds the token, `$2` and `$3` are [`Token::rules`].
macro_rules! sessions {
    ($columns:expr, $joins:expr) => {
        sessions!($columns, $joins, "$1", "dbx_now()")
    };
    ($columns:expr, $joins:expr, $token:literal, $now:literal) => {
        concat!(
            "SELECT b.account_id AS by_account, b.session_id AS by_session,
                    b.last_seen_at < ",
            $now,
            " - make_interval(secs => $2) AS by_stale",
            $columns,
            " FROM sessions b ",
            $joins,
            " WHERE b.token_hash = ",
            $token,
            " AND b.expires_at > ",
            $now,
            " AND b.last_seen_at > ",
            $now,
            " - make_interval(days => $3)"
        )
    };
}

/// The same for API keys; `$3` has no use.
macro_rules! api_keys {
    ($columns:expr, $joins:expr) => {
        api_keys!($columns, $joins, "$1", "dbx_now()")
    };
    ($columns:expr, $joins:expr, $token:literal, $now:literal) => {
        concat!(
            "SELECT b.account_id AS by_account, b.key_id AS by_key, b.org_id AS by_org, b.ceiling AS by_ceiling,
                    s.secret_hash AS by_secret, s.last_used_at IS NULL OR s.last_used_at < ",
            $now,
            " - make_interval(secs => $2) AS by_stale",
            $columns,
            " FROM api_key_secrets s JOIN api_keys b ON b.key_id = s.key_id ",
            $joins,
            " WHERE s.prefix = ",
            $token,
            " AND b.revoked_at IS NULL AND (b.expires_at IS NULL OR b.expires_at > ",
            $now,
            ") AND $3::int IS NOT NULL"
        )
    };
}

/// With the instance `$4`.
macro_rules! instance {
    ($means:ident) => {
        $means!(
            concat!(", m.role AS by_role, ", instances::view_columns!()),
            "LEFT JOIN instances i ON i.instance_id = $4
             LEFT JOIN members m ON m.org_id = i.org_id AND m.account_id = b.account_id"
        )
    };
}

/// For many tokens `$1`, each with its instance of `$4`: `by_number` says whose row it is, from one on. `LIMIT` keeps the
/// planner at one look-up by index for each, whatever it thinks of how many there are.
macro_rules! many {
    ($means:ident, $kind:literal) => {
        concat!(
            "SELECT q.number AS by_number, w.*, m.role AS by_role, ",
            instances::view_columns!(),
            " FROM (SELECT dbx_now() AS now OFFSET 0) n CROSS JOIN unnest($1::",
            $kind,
            "[], $4::text[]) WITH ORDINALITY AS q (token, instance, number) CROSS JOIN LATERAL (",
            $means!("", "", "q.token", "n.now"),
            " LIMIT 1) w
             LEFT JOIN LATERAL (SELECT * FROM instances x WHERE x.instance_id = q.instance LIMIT 1) i ON true
             LEFT JOIN LATERAL (SELECT x.role FROM members x
                 WHERE x.org_id = i.org_id AND x.account_id = w.by_account LIMIT 1) m ON true"
        )
    };
}

const MANY_SESSIONS: &str = many!(sessions, "bytea");
const MANY_KEYS: &str = many!(api_keys, "text");

/// After how many seconds the note of a last use is stale, and after how many days unused it ends.
type Rules = (f64, i32);
const OF_SESSIONS: Rules = (LAST_SEEN_STEP_SECONDS, IDLE_DAYS);
const OF_API_KEYS: Rules = (LAST_USED_STEP_SECONDS, 0);

impl Token<'_> {
    const fn rules(&self) -> Rules {
        match self {
            Self::Session(_) => OF_SESSIONS,
            Self::ApiKey(_) => OF_API_KEYS,
        }
    }

    async fn row(
        &self,
        db: &Database,
        sql: [&'static str; 2],
        more: &[&(dyn ToSql + Sync)],
    ) -> Result<Option<Row>, SqlError> {
        let ((step, days), [sessions, api_keys]) = (self.rules(), sql);
        let hash: &[u8];
        let (sql, token): (_, &(dyn ToSql + Sync)) = match self {
            Self::Session(found_by) => {
                hash = found_by.as_slice();
                (sessions, &hash)
            }
            Self::ApiKey(prefix) => (api_keys, prefix),
        };
        let params: Vec<_> = [token, &step, &days].into_iter().chain(more.iter().copied()).collect();
        columns::row(db, sql, &params).await
    }

    /// The row of it and an instance.
    async fn alone(&self, db: &Database, instance: InstanceId) -> Result<Option<Row>, SqlError> {
        self.row(db, [instance!(sessions), instance!(api_keys)], &[&instance.to_string()]).await
    }

    fn read_with_instance(&self, row: &Row) -> Result<(Bearer, Option<Beheld>), SqlError> {
        let beheld = match Columns(row).plain::<Option<&str>>("instance_id")? {
            Some(_) => Some((instances::read(row)?, Columns(row).maybe_word("by_role")?)),
            None => None,
        };
        Ok((self.read(row)?, beheld))
    }

    fn read(&self, row: &Row) -> Result<Bearer, SqlError> {
        let columns = Columns(row);
        let means = match self {
            Self::Session(_) => Means::Session(columns.word("by_session")?),
            Self::ApiKey(_) => Means::ApiKey {
                key: columns.word("by_key")?,
                org: columns.word("by_org")?,
                ceiling: columns.word("by_ceiling")?,
                secret_hash: columns
                    .plain::<&[u8]>("by_secret")?
                    .try_into()
                    .map_err(|_| columns::unreadable("secret_hash", "it is not 32 bytes"))?,
            },
        };
        Ok(Bearer { account: columns.word("by_account")?, means, stale: columns.plain("by_stale")? })
    }
}

/// Whom the token stands for.
///
/// # Errors
/// Any [`SqlError`].
pub async fn bearer(db: &Database, token: Token<'_>) -> Result<Option<Bearer>, SqlError> {
    let row = token.row(db, [sessions!("", ""), api_keys!("", "")], &[]).await?;
    row.map(|row| token.read(&row)).transpose()
}

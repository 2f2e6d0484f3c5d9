//! The pool: every connection to the control database, with the limits that keep one stuck session from hurting all.
//!
//! Guarantees: sessions end by themselves when they sit idle inside a transaction (which would hold back the feed's
//! horizon) and statements end when they run too long. Statements are prepared once per connection.

use crate::{error::SqlError, group::WRITERS, wakeups::Wakeups};
use dbx_domain::time::Timestamp;
use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_postgres::NoTls;

/// Settings of the sessions that write groups of commits. They join arrays with tables by primary keys: one plan is right
/// for all of them, whatever the statistics of a young table say.
const OF_WRITERS: &str = " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off \
                          -c enable_mergejoin=off -c jit=off";

/// How to reach the control database.
#[derive(Clone)]
pub struct DatabaseConfig {
    /// `postgres://user:password@host:port/database`, or `host=/run/postgresql dbname=…` for a unix socket. No TLS:
    /// use a unix socket, loopback or a private network.
    pub url: String,
    /// Most connections held at once by this process, beside the few that write groups of commits.
    pub max_connections: usize,
    /// Longest wait for a free or new connection.
    pub connect_timeout: Duration,
    /// Longest run of one statement.
    pub statement_timeout: Duration,
    /// Longest idle time inside a transaction.
    pub idle_in_transaction_timeout: Duration,
}

impl DatabaseConfig {
    /// The configuration that fits one `dbxd` on a small server.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            max_connections: 16,
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            idle_in_transaction_timeout: Duration::from_secs(10),
        }
    }

    /// Driver settings of a session.
    pub(crate) fn session(&self) -> Result<tokio_postgres::Config, SqlError> {
        self.session_with("")
    }

    fn session_with(&self, more: &str) -> Result<tokio_postgres::Config, SqlError> {
        let mut config: tokio_postgres::Config =
            self.url.parse().map_err(|_| SqlError::Url("it is not a Postgres connection string"))?;
        if config.get_hosts().is_empty() {
            return Err(SqlError::Url("it names no host"));
        }
        let limits = format!(
            "-c statement_timeout={} -c idle_in_transaction_session_timeout={} -c timezone=UTC{more}",
            self.statement_timeout.as_millis(),
            self.idle_in_transaction_timeout.as_millis()
        );
        let options = config.get_options().map_or_else(|| limits.clone(), |own| format!("{limits} {own}"));
        config.options(options).connect_timeout(self.connect_timeout);
        if config.get_application_name().is_none() {
            config.application_name("dbxd");
        }
        Ok(config)
    }
}

/// Prints everything but the URL, which may hold a password.
impl std::fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DatabaseConfig")
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

/// A handle on the control database; clones share one pool.
#[derive(Clone)]
pub struct Database {
    pool: Pool,
    writers: Pool,
    config: Arc<DatabaseConfig>,
    wakeups: Wakeups,
    fake_now: Arc<Mutex<FakeNow>>,
}

/// Whether a test took over the clock; `Untouched` costs production nothing.
#[derive(Clone, Copy)]
enum FakeNow {
    Untouched,
    Set(Option<Timestamp>),
}

impl Database {
    /// Builds the pool and proves with one connection that the database answers.
    ///
    /// # Errors
    /// [`SqlError::Url`] or [`SqlError::Unreachable`].
    pub async fn connect(config: &DatabaseConfig) -> Result<Self, SqlError> {
        let database = Self {
            pool: pool(config, config.session()?, config.max_connections)?,
            writers: pool(config, config.session_with(OF_WRITERS)?, WRITERS)?,
            config: Arc::new(config.clone()),
            wakeups: Wakeups::new(),
            fake_now: Arc::new(Mutex::new(FakeNow::Untouched)),
        };
        drop(database.client().await?);
        Ok(database)
    }

    /// A connection for the caller alone; it returns to the pool when dropped. Prepare with `prepare_cached`.
    ///
    /// # Errors
    /// [`SqlError::Unreachable`] after the connect timeout.
    pub async fn client(&self) -> Result<Object, SqlError> {
        self.of(&self.pool).await
    }

    /// As [`Self::client`], a connection for groups of commits.
    pub(crate) async fn writer(&self) -> Result<Object, SqlError> {
        self.of(&self.writers).await
    }

    async fn of(&self, pool: &Pool) -> Result<Object, SqlError> {
        let client = pool.get().await?;
        let fake = *self.fake_now.lock().unwrap_or_else(PoisonError::into_inner);
        if let FakeNow::Set(now) = fake {
            let text = now.map(|now| now.to_string()).unwrap_or_default();
            client.execute("SELECT set_config('dbx.fake_now', $1, false)", &[&text]).await?;
        }
        Ok(client)
    }

    /// The signal that something was appended.
    pub fn wakeups(&self) -> &Wakeups {
        &self.wakeups
    }

    /// The configuration this handle was made with.
    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    /// The database's time: the only clock that decisions may use.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn now(&self) -> Result<Timestamp, SqlError> {
        let client = self.client().await?;
        let statement = client.prepare_cached("SELECT dbx_now()").await?;
        let row = client.query_one(&statement, &[]).await?;
        Ok(Timestamp::from(row.try_get::<_, time::OffsetDateTime>(0)?))
    }

    /// For tests: stops the clock of every session of this handle and its clones, or with `None` lets it run again.
    /// Each later checkout of a connection then costs one more round trip.
    pub fn set_fake_now(&self, now: Option<Timestamp>) {
        *self.fake_now.lock().unwrap_or_else(PoisonError::into_inner) = FakeNow::Set(now);
    }

    /// Closes all connections; waiting callers get an error.
    pub fn close(&self) {
        self.pool.close();
        self.writers.close();
    }
}

fn pool(
    config: &DatabaseConfig,
    session: tokio_postgres::Config,
    connections: usize,
) -> Result<Pool, SqlError> {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    Pool::builder(Manager::from_config(session, NoTls, recycling))
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(config.connect_timeout))
        .create_timeout(Some(config.connect_timeout))
        .build()
        .map_err(|error| SqlError::Unreachable(error.to_string()))
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

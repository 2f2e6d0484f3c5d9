//! Permits: how many instances may be written for on the same node, or clone the same template, at once.
//!
//! Guarantees: never more holders of a scope than its limit, over all processes, as long as they hold their leases; a
//! permit ends with its instance's lease, so a worker that dies or hangs costs one lease and no more; an instance holds
//! all the permits it asked for or none, so nobody waits while holding.

use crate::{database::Database, error::SqlError};

/// Something that only so many may write to at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// Its name, such as `node/pve1`.
    pub name: String,
    /// Most holders at once.
    pub limit: u32,
}

/// Makes the permits of an instance exactly `scopes`; `false`: one of them is taken, and it holds none now.
///
/// The caller holds the instance's lease. Its permits end with [`crate::lease::release`].
///
/// # Errors
/// Any [`SqlError`]; then it may hold some of them.
pub async fn hold(db: &Database, instance_id: &str, scopes: &[Scope]) -> Result<bool, SqlError> {
    let mut sorted: Vec<&Scope> = scopes.iter().collect();
    sorted.sort();
    let names: Vec<&str> = sorted.iter().map(|scope| scope.name.as_str()).collect();
    let limits: Vec<i32> =
        sorted.iter().map(|scope| i32::try_from(scope.limit).unwrap_or(i32::MAX)).collect();
    let client = db.client().await?;
    let statement = client.prepare_cached("SELECT dbx_hold_permits($1, $2, $3)").await?;
    Ok(client.query_one(&statement, &[&instance_id, &names, &limits]).await?.try_get(0)?)
}

/// Those of `scopes` that others hold as often as their limit allows: an attempt that needs them has to wait.
///
/// # Errors
/// Any [`SqlError`].
pub async fn taken(db: &Database, instance_id: &str, scopes: &[Scope]) -> Result<Vec<Scope>, SqlError> {
    const SQL: &str = "SELECT count(*) FROM write_permits p JOIN workflow_queue q USING (instance_id)
                       WHERE p.scope = $1 AND p.instance_id <> $2 AND q.lease_until > dbx_now()";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let mut taken = Vec::new();
    for scope in scopes {
        let others: i64 = client.query_one(&statement, &[&scope.name, &instance_id]).await?.try_get(0)?;
        if others >= i64::from(scope.limit) {
            taken.push(scope.clone());
        }
    }
    Ok(taken)
}

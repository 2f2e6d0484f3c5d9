//! Read models that are built beside the living ones, to replace them or to be compared with them.

use super::{ModelError, Rebuilt, differing, replay::Replay};
use crate::model::{ReadModel, Rebuild};
use dbx_sql::{Cursor, Database, EventFeed, MAX_FEED_PAGE, Page, Upcasters};
use deadpool_postgres::{Object, Transaction};

/// Tables that fill beside the living ones.
struct Beside {
    client: Object,
    home: String,
    schema: String,
    /// Makes a transaction find the new tables before the living ones.
    into_shadow: String,
}

/// Builds the models of `replay` and puts their tables into the place of the living ones.
pub(super) async fn build(db: &Database, mut replay: Replay<'_>) -> Result<Vec<Rebuilt>, ModelError> {
    let Beside { mut client, home, schema, into_shadow } = fill(db, &mut replay).await?;
    let swap = client.transaction().await?;
    swap.batch_execute(&into_shadow).await?;
    replay.rest(&swap).await?;
    let busy = busy(&swap, &home, &replay).await?;
    if busy.is_some() {
        replay.leave_out(Rebuild::WhileIdle);
    }
    for model in replay.models() {
        for table in model.tables {
            let replace = match model.rebuild {
                Rebuild::Swap => format!(
                    "DROP TABLE IF EXISTS {home}.{table}; ALTER TABLE {schema}.{table} SET SCHEMA {home}"
                ),
                Rebuild::WhileIdle => format!(
                    "DELETE FROM {home}.{table}; INSERT INTO {home}.{table} SELECT * FROM {schema}.{table}"
                ),
            };
            swap.batch_execute(&replace).await?;
        }
    }
    swap.batch_execute(&format!("DROP SCHEMA {schema} CASCADE; SET LOCAL search_path = {home}")).await?;
    let built = replay.record(&swap).await?;
    swap.commit().await?;
    busy.map_or(Ok(built), Err)
}

/// Makes workers wait that would claim, and says which model cannot be replaced because one has claimed already.
async fn busy(
    swap: &Transaction<'_>,
    home: &str,
    replay: &Replay<'_>,
) -> Result<Option<ModelError>, ModelError> {
    let live = format!("SELECT count(*) FROM {home}.workflow_queue WHERE lease_until > dbx_now()");
    let idle: Vec<_> = replay.models().filter(|model| model.rebuild == Rebuild::WhileIdle).collect();
    let Some(first) = idle.first() else { return Ok(None) };
    for table in idle.iter().flat_map(|model| model.tables) {
        swap.batch_execute(&format!("LOCK TABLE {home}.{table} IN ACCESS EXCLUSIVE MODE")).await?;
    }
    let leases: i64 = swap.query_one(&live, &[]).await?.try_get(0)?;
    Ok((leases > 0).then_some(ModelError::Busy { name: first.name, leases }))
}

/// Builds `model` beside the living tables and compares, while appends wait; gives the differing rows of each table.
pub(crate) async fn compare(
    db: &Database,
    model: &'static ReadModel,
    upcasters: &Upcasters,
) -> Result<Vec<(&'static str, u64)>, ModelError> {
    let mut replay = Replay::new(vec![model], upcasters);
    let Beside { mut client, home, schema, into_shadow } = fill(db, &mut replay).await?;
    let transaction = client.transaction().await?;
    transaction.batch_execute(&into_shadow).await?;
    replay.rest(&transaction).await?;
    let mut found = Vec::new();
    for table in model.tables {
        let rows = differing(&transaction, table, (&home, &schema), model.beside_log).await?;
        found.push((*table, rows));
    }
    transaction.rollback().await?;
    client.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).await?;
    Ok(found)
}

/// Creates the tables and applies what can be read now, each page in a transaction of its own while the next is read.
async fn fill(db: &Database, replay: &mut Replay<'_>) -> Result<Beside, ModelError> {
    let mut beside = create(db, replay).await?;
    // Pages need not be durable one by one: the swap's commit is, and flushes all that came before it.
    let into_page = format!("{}; SET LOCAL synchronous_commit = off", beside.into_shadow);
    let feed = EventFeed::new(db.clone());
    let mut page = feed.next(&Cursor::START, MAX_FEED_PAGE).await?;
    // What is not a full page any more is left to the last transaction: appends go on, and there is always a little.
    while page.events.len() == MAX_FEED_PAGE as usize {
        let Page { events, cursor } = page;
        let applied = async {
            let transaction = beside.client.transaction().await?;
            transaction.batch_execute(&into_page).await?;
            replay.apply(&transaction, events).await?;
            transaction.commit().await?;
            Ok::<_, ModelError>(())
        };
        let (applied, next) = tokio::join!(applied, feed.next(&cursor, MAX_FEED_PAGE));
        applied?;
        page = next?;
    }
    Ok(beside)
}

async fn create(db: &Database, replay: &Replay<'_>) -> Result<Beside, ModelError> {
    let mut client = db.client().await?;
    let home: String = client.query_one("SELECT quote_ident(current_schema())", &[]).await?.try_get(0)?;
    let schema = "rebuild_inline".to_owned();
    let into_shadow =
        format!("SET LOCAL search_path = {schema}, {home}; SET LOCAL client_min_messages = warning");
    client.batch_execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")).await?;
    let creation = client.transaction().await?;
    creation.batch_execute(&into_shadow).await?;
    for model in replay.models() {
        creation.batch_execute(model.ddl).await?;
        // Those that a migration makes have no DDL here.
        for table in model.tables.iter().filter(|_| model.ddl.is_empty()) {
            let alike = format!("CREATE TABLE {schema}.{table} (LIKE {home}.{table} INCLUDING ALL)");
            creation.batch_execute(&alike).await?;
        }
    }
    creation.commit().await?;
    Ok(Beside { client, home, schema, into_shadow })
}

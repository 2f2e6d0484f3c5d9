//! Migrations run once, in turns, and refuse what they do not know.

use dbx_sql::{
    MigrateError, Migration, MigrationSet, SQL_MIGRATIONS, is_current, migrate, migrate_sets,
    testing::TestDatabase,
};

const fn set(migrations: &'static [Migration]) -> MigrationSet {
    MigrationSet { name: "test", migrations }
}

const ONE: Migration = Migration { version: 1, name: "one", sql: "CREATE TABLE one ()" };
const TWO: Migration = Migration { version: 2, name: "two", sql: "CREATE TABLE two ()" };

async fn tables(client: &tokio_postgres::Client) -> i64 {
    let sql = "SELECT count(*) FROM pg_tables WHERE tablename IN ('one', 'two')";
    client.query_one(sql, &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_second_run_applies_nothing() {
    let test = TestDatabase::create_with(&[]).await;
    let mut client = test.connection().await;
    assert_eq!(migrate(&mut client).await.unwrap(), SQL_MIGRATIONS.migrations.len());
    assert_eq!(migrate(&mut client).await.unwrap(), 0);
}

#[tokio::test]
async fn servers_that_start_at_once_apply_each_file_once() {
    let test = TestDatabase::create_with(&[]).await;
    let (mut left, mut right) = (test.connection().await, test.connection().await);
    let (left, right) = tokio::join!(migrate(&mut left), migrate(&mut right));
    let mut applied = [left.unwrap(), right.unwrap()];
    applied.sort_unstable();
    assert_eq!(applied, [0, SQL_MIGRATIONS.migrations.len()]);
}

#[tokio::test]
async fn new_files_are_applied_on_top_and_a_failing_one_takes_the_whole_run_back() {
    const BAD: Migration = Migration { version: 3, name: "bad", sql: "CREATE TABLE three (); SELECT 1 / 0" };
    let test = TestDatabase::create_with(&[]).await;
    let mut client = test.connection().await;
    assert_eq!(migrate_sets(&mut client, &[set(&[ONE])]).await.unwrap(), 1);
    let error = migrate_sets(&mut client, &[set(&[ONE, TWO, BAD])]).await.unwrap_err();
    assert!(matches!(error, MigrateError::Failed { version: 3, .. }), "{error}");
    assert_eq!(tables(&client).await, 1);
    assert_eq!(migrate_sets(&mut client, &[set(&[ONE, TWO])]).await.unwrap(), 1);
    assert_eq!(tables(&client).await, 2);
}

#[tokio::test]
async fn an_edited_file_and_a_newer_database_are_refused_with_a_sentence() {
    const EDITED: Migration = Migration { sql: "CREATE TABLE one (id int)", ..ONE };
    let test = TestDatabase::create_with(&[]).await;
    let mut client = test.connection().await;
    migrate_sets(&mut client, &[set(&[ONE, TWO])]).await.unwrap();
    let edited = migrate_sets(&mut client, &[set(&[EDITED, TWO])]).await.unwrap_err();
    assert!(matches!(edited, MigrateError::Changed { version: 1, .. }), "{edited}");
    assert!(edited.to_string().contains("restore the released file"), "{edited}");
    let newer = migrate_sets(&mut client, &[set(&[ONE])]).await.unwrap_err();
    assert!(matches!(newer, MigrateError::Newer { found: 2, known: 1, .. }), "{newer}");
    assert!(newer.to_string().contains("run the newer dbxd"), "{newer}");
}

#[test]
fn the_files_are_numbered_without_gaps() {
    let versions: Vec<i32> = SQL_MIGRATIONS.migrations.iter().map(|migration| migration.version).collect();
    assert_eq!(versions, (1..).take(versions.len()).collect::<Vec<i32>>());
}

#[tokio::test]
async fn a_database_is_current_with_exactly_the_programs_files() {
    const EDITED: Migration = Migration { sql: "CREATE TABLE two (id int)", ..TWO };
    let test = TestDatabase::create_with(&[]).await;
    let mut client = test.connection().await;
    migrate_sets(&mut client, &[set(&[ONE, TWO])]).await.unwrap();
    let is_current = async |known: MigrationSet| is_current(test.db(), &[known]).await.unwrap();
    assert!(is_current(set(&[ONE, TWO])).await);
    assert!(!is_current(set(&[ONE])).await, "newer");
    assert!(!is_current(set(&[ONE, EDITED])).await, "edited");
    assert!(!is_current(MigrationSet { name: "other", migrations: &[ONE] }).await, "never applied");
}

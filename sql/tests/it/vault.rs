//! Secrets: sealed to their place, unreadable with another key, gone when shredded.

use crate::tally::commit;
use dbx_domain::{
    ids::{OrgId, SecretId},
    secret::Secret,
};
use dbx_sql::{
    EventStore, KeyCheck, MasterKey, MasterKeys, SideWrite, Vault, VaultError, testing::TestDatabase,
};
use uuid::Uuid;

fn key(byte: &str) -> MasterKey {
    MasterKey::from_hex(&Secret::new(byte.repeat(32))).unwrap()
}

fn org(n: u128) -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(n))
}

fn id(n: u128) -> SecretId {
    SecretId::from_uuid(Uuid::from_u128(n))
}

async fn keep(
    vault: &Vault,
    store: &EventStore,
    of: OrgId,
    owner: &str,
    secret: SecretId,
    version: u32,
    clear: &str,
) {
    let sealed = vault.seal(of, owner, secret, version, &Secret::new(clear)).await.unwrap();
    assert!(!format!("{sealed:?}").contains(clear));
    store.commit(commit().write(sealed)).await.unwrap();
}

async fn opened(vault: &Vault, secret: SecretId, version: u32) -> String {
    vault.open(secret, version).await.unwrap().expose().to_owned()
}

async fn setup() -> (TestDatabase, EventStore, Vault) {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let vault = Vault::new(test.db().clone(), MasterKeys::new(key("aa"), vec![]));
    (test, store, vault)
}

#[tokio::test]
async fn every_version_opens_to_what_was_sealed_and_the_database_holds_no_clear_text() {
    let (test, store, vault) = setup().await;
    keep(&vault, &store, org(1), "ins", id(1), 1, "correct horse").await;
    keep(&vault, &store, org(1), "ins", id(1), 2, "battery staple").await;
    assert_eq!(opened(&vault, id(1), 1).await, "correct horse");
    assert_eq!(opened(&vault, id(1), 2).await, "battery staple");
    let dump = "SELECT count(*) FROM secrets s, org_keys k WHERE position('horse'::bytea IN s.ciphertext) > 0
                OR position(decode(repeat('aa', 32), 'hex') IN k.wrapped_key) > 0";
    assert_eq!(test.connection().await.query_one(dump, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn many_first_uses_at_once_agree_on_one_data_key() {
    let (_test, store, vault) = setup().await;
    let sealing = (0..8).map(|n| {
        let (vault, store) = (vault.clone(), store.clone());
        tokio::spawn(async move { keep(&vault, &store, org(1), "ins", id(n), 1, "same").await })
    });
    futures::future::join_all(sealing).await.into_iter().for_each(|done| done.unwrap());
    for n in 0..8 {
        assert_eq!(opened(&vault, id(n), 1).await, "same");
    }
}

#[tokio::test]
async fn another_master_key_is_named_as_missing_and_a_forged_one_is_refused() {
    let (test, store, vault) = setup().await;
    keep(&vault, &store, org(1), "ins", id(1), 1, "clear s").await;
    let stranger = Vault::new(test.db().clone(), MasterKeys::new(key("bb"), vec![]));
    let error = stranger.open(id(1), 1).await.unwrap_err();
    assert!(matches!(error, VaultError::MasterKeyMissing { .. }), "{error}");
    let sealed = stranger.seal(org(1), "ins", id(2), 1, &Secret::new("s")).await;
    assert!(matches!(sealed, Err(VaultError::MasterKeyMissing { .. })));
    let forged = "UPDATE org_keys SET master_key_id = $1";
    test.connection().await.execute(forged, &[&key("bb").id()]).await.unwrap();
    assert!(matches!(stranger.open(id(1), 1).await, Err(VaultError::Refused { .. })));
}

#[tokio::test]
async fn rows_that_were_swapped_or_changed_do_not_open() {
    let (test, store, vault) = setup().await;
    keep(&vault, &store, org(1), "ins", id(1), 1, "one").await;
    keep(&vault, &store, org(1), "ins", id(1), 2, "two").await;
    keep(&vault, &store, org(2), "ins", id(2), 1, "other").await;
    let forger = test.connection().await;
    for forgery in [
        "UPDATE secrets SET version = version + 10",
        "UPDATE secrets SET secret_id = 'x' || secret_id",
        "UPDATE secrets SET ciphertext = set_byte(ciphertext, 0, get_byte(ciphertext, 0) # 1)",
        "UPDATE secrets SET nonce = set_byte(nonce, 0, get_byte(nonce, 0) # 1)",
        "UPDATE secrets s SET org_id = k.org_id FROM org_keys k WHERE k.org_id <> s.org_id",
        "UPDATE org_keys SET wrapped_key = set_byte(wrapped_key, 0, get_byte(wrapped_key, 0) # 1)",
        "UPDATE org_keys SET org_id = 'x' || org_id",
    ] {
        forger.batch_execute("BEGIN").await.unwrap();
        forger
            .batch_execute("CREATE TABLE s AS TABLE secrets; CREATE TABLE k AS TABLE org_keys; COMMIT")
            .await
            .unwrap();
        forger.batch_execute(forgery).await.unwrap();
        let read = "UPDATE secrets SET version = 1 WHERE version = 11; UPDATE secrets SET version = 2 WHERE version = 12;";
        if forgery.contains("+ 10") {
            forger.batch_execute("UPDATE secrets SET version = 99 WHERE version = 11; UPDATE secrets SET version = 11 WHERE version = 12; UPDATE secrets SET version = 12 WHERE version = 99").await.unwrap();
            forger.batch_execute(read).await.unwrap();
        }
        for (secret, version) in [(id(1), 1), (id(1), 2)] {
            let error = vault.open(secret, version).await.unwrap_err();
            assert!(
                matches!(error, VaultError::Refused { .. } | VaultError::Gone { .. }),
                "{forgery}: {error}"
            );
            assert!(!error.to_string().contains("one"));
        }
        let restore = "TRUNCATE secrets, org_keys; INSERT INTO secrets TABLE s; INSERT INTO org_keys TABLE k; DROP TABLE s, k";
        forger.batch_execute(restore).await.unwrap();
        assert_eq!(opened(&vault, id(1), 2).await, "two");
    }
}

#[tokio::test]
async fn shredding_ends_an_owners_secrets_and_nobody_elses() {
    let (test, store, vault) = setup().await;
    keep(&vault, &store, org(1), "ins 1", id(1), 1, "clear a").await;
    keep(&vault, &store, org(1), "ins 1", id(1), 2, "clear b").await;
    keep(&vault, &store, org(1), "ins 2", id(2), 1, "clear c").await;
    store.commit(commit().write(SideWrite::ShredSecrets { owner: "ins 1".into() })).await.unwrap();
    for version in [1, 2] {
        assert!(matches!(vault.open(id(1), version).await, Err(VaultError::Gone { .. })));
    }
    assert_eq!(opened(&vault, id(2), 1).await, "clear c");
    let rows = test.connection().await.query("SELECT FROM secrets", &[]).await.unwrap();
    assert_eq!(rows.len(), 1);
    store.commit(commit().write(SideWrite::ShredOrgKey { org: org(1).to_string() })).await.unwrap();
    assert!(matches!(vault.open(id(2), 1).await, Err(VaultError::Gone { .. })));
}

#[tokio::test]
async fn a_new_master_key_takes_over() {
    let (test, store, vault) = setup().await;
    keep(&vault, &store, org(1), "ins", id(1), 1, "clear s").await;
    keep(&vault, &store, org(2), "ins", id(2), 1, "clear t").await;
    let both = Vault::new(test.db().clone(), MasterKeys::new(key("bb"), vec![key("aa")]));
    assert_eq!(opened(&both, id(1), 1).await, "clear s");
    assert_eq!(both.rewrap().await.unwrap(), 2);
    assert_eq!(both.rewrap().await.unwrap(), 0);
    let new = Vault::new(test.db().clone(), MasterKeys::new(key("bb"), vec![]));
    assert_eq!(
        (opened(&new, id(1), 1).await, opened(&new, id(2), 1).await),
        ("clear s".into(), "clear t".into())
    );
}

#[tokio::test]
async fn keys_are_checked_without_opening_a_secret() {
    let (test, store, vault) = setup().await;
    keep(&vault, &store, org(1), "ins", id(1), 1, "clear s").await;
    keep(&vault, &store, org(2), "ins", id(2), 1, "clear t").await;
    let with = |keys| Vault::new(test.db().clone(), keys);
    assert_eq!(vault.check_keys().await.unwrap(), KeyCheck { readable: 2, ..KeyCheck::default() });
    let older = with(MasterKeys::new(key("bb"), vec![key("aa")])).check_keys().await.unwrap();
    assert_eq!((older.readable, older.older, older.unreadable.len()), (2, 2, 0));
    let lost = with(MasterKeys::new(key("bb"), vec![])).check_keys().await.unwrap();
    assert_eq!((lost.readable, lost.unreadable.len()), (0, 2));
    assert!(lost.unreadable[0].contains(&org(1).to_string()), "{lost:?}");
}

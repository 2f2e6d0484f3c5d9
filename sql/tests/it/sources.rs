//! People, passwords, sessions, API keys and origins: found while they exist, erasable for good.

use crate::tally::{append, commit};
use dbx_domain::{
    ids::{AccountId, ApiKeyId, SessionId},
    time::Timestamp,
};
use dbx_sql::{
    CommitError, EventStore, StreamHead,
    source::{
        api_keys::{self, ApiKeySecret, ApiKeyWrite},
        origins::{self, Origin},
        passwords::{self, PasswordHash, PasswordWrite},
        people::{self, Person, PersonWrite},
        sessions::{self, NewSession, SessionWrite},
    },
    testing::TestDatabase,
};
use uuid::Uuid;

fn account(n: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(n))
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[tokio::test]
async fn erasing_a_person_erases_their_origins_and_leaves_the_history_whole() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    let ada = Person { account: account(1), email: "Ada@example.com".into(), display_name: "Ada".into() };
    let origin =
        Origin { account: Some(account(1)), ip: Some("192.0.2.7".into()), user_agent: Some("curl".into()) };
    let register = commit().append(append("a", StreamHead::NEW, [1, 2])).write(PersonWrite::Put(ada.clone()));
    store.commit(register.write(origin.clone())).await.unwrap();
    assert_eq!(people::find_by_email(db, "aDA@example.com").await.unwrap(), Some(ada.clone()));
    assert_eq!(people::find_many(db, &[account(1), account(2)]).await.unwrap(), std::slice::from_ref(&ada));
    assert_eq!(origins::find(db, "tally", "a", 2).await.unwrap(), Some(origin.clone()));
    for shown in [format!("{ada:?}"), format!("{origin:?}"), format!("{:?}", PersonWrite::Put(ada))] {
        assert!(!shown.contains("example.com") && !shown.contains("192.0.2.7"), "{shown}");
    }

    store.commit(commit().write(PersonWrite::Erase(account(1)))).await.unwrap();
    assert_eq!(people::find(db, account(1)).await.unwrap(), None);
    assert_eq!(origins::find(db, "tally", "a", 2).await.unwrap(), None);
    assert_eq!(store.verify_stream("tally", "a").await.unwrap().events, 2);
}

#[tokio::test]
async fn a_taken_address_is_a_duplicate_that_does_not_repeat_the_address() {
    let test = TestDatabase::create().await;
    let store = EventStore::new(test.db().clone(), vec![]);
    let put = |n, email: &str| {
        PersonWrite::Put(Person { account: account(n), email: email.into(), display_name: String::new() })
    };
    store.commit(commit().write(put(1, "ada@example.com"))).await.unwrap();
    let error = store.commit(commit().write(put(2, "ADA@example.com"))).await.unwrap_err();
    assert!(
        matches!(&error, CommitError::Duplicate { constraint } if constraint == people::EMAIL_CONSTRAINT)
    );
    assert!(!format!("{error} {error:?}").to_lowercase().contains("ada@"), "{error:?}");
}

#[tokio::test]
async fn passwords_are_replaced_and_deleted() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    for hash in ["$argon2id$one", "$argon2id$two"] {
        let hash = PasswordHash(hash.into());
        store.commit(commit().write(PasswordWrite::Put(account(1), hash.clone()))).await.unwrap();
        assert!(!format!("{hash:?}").contains("argon2"));
        assert_eq!(passwords::find(db, account(1)).await.unwrap(), Some(hash));
    }
    store.commit(commit().write(PasswordWrite::Delete(account(1)))).await.unwrap();
    assert_eq!(passwords::find(db, account(1)).await.unwrap(), None);
}

fn session(n: u8, of: AccountId) -> NewSession {
    NewSession {
        id: SessionId::from_uuid(Uuid::from_u128(n.into())),
        account: of,
        token_hash: [n; 32],
        expires_at: at("2026-01-02T00:00:00Z"),
        ip: Some("192.0.2.7".into()),
        user_agent: None,
    }
}

#[tokio::test]
async fn sessions_are_found_by_token_until_they_expire_or_are_closed() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    db.set_fake_now(Some(at("2026-01-01T00:00:00Z")));
    let mut open = commit();
    for n in 1..=4 {
        open = open.write(SessionWrite::Open(session(n, account(1))));
    }
    store.commit(open.write(SessionWrite::Open(session(5, account(2))))).await.unwrap();
    assert_eq!(sessions::list(db, account(1)).await.unwrap().len(), 4);

    db.set_fake_now(Some(at("2026-01-01T12:00:00Z")));
    let id = |n: u8| session(n, account(1)).id;
    let is_open = async |n: u8| !sessions::open_among(db, &[id(n)]).await.unwrap().is_empty();
    sessions::note_seen(db, &[id(1), id(9)]).await.unwrap();
    let listed = sessions::list(db, account(1)).await.unwrap();
    let seen = |n: u8| listed.iter().find(|session| session.id == id(n)).unwrap().last_seen_at;
    assert_eq!((seen(1), seen(3)), (at("2026-01-01T12:00:00Z"), at("2026-01-01T00:00:00Z")));
    assert!(!is_open(9).await);

    // Another account's session cannot be closed by naming it.
    let foreign = SessionWrite::Close(account(2), session(2, account(1)).id);
    store.commit(commit().write(foreign)).await.unwrap();
    assert_eq!(sessions::list(db, account(1)).await.unwrap().len(), 4);
    store.commit(commit().write(SessionWrite::Close(account(1), session(2, account(1)).id))).await.unwrap();
    assert!(!is_open(2).await);
    let except = Some(session(1, account(1)).id);
    store.commit(commit().write(SessionWrite::CloseAll { account: account(1), except })).await.unwrap();
    assert_eq!(sessions::list(db, account(1)).await.unwrap().len(), 1);

    db.set_fake_now(Some(at("2026-01-02T00:00:00Z")));
    assert!(!is_open(1).await);
    assert_eq!(sessions::delete_expired(db).await.unwrap(), 2);
}

#[tokio::test]
async fn an_unused_session_ends_before_its_time() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    db.set_fake_now(Some(at("2026-01-01T00:00:00Z")));
    let expires_at = at("2026-01-31T00:00:00Z");
    let open = SessionWrite::Open(NewSession { expires_at, ..session(1, account(1)) });
    store.commit(commit().write(open)).await.unwrap();
    for (now, found) in
        [("2026-01-14T23:59:59Z", true), ("2026-01-28T23:59:58Z", true), ("2026-01-30T00:00:00Z", true)]
    {
        db.set_fake_now(Some(at(now)));
        let id = session(1, account(1)).id;
        assert_eq!(!sessions::open_among(db, &[id]).await.unwrap().is_empty(), found, "{now}");
        sessions::note_seen(db, &[id]).await.unwrap();
    }
    let open =
        SessionWrite::Open(NewSession { expires_at: at("2026-03-01T00:00:00Z"), ..session(2, account(1)) });
    store.commit(commit().write(open)).await.unwrap();
    db.set_fake_now(Some(at("2026-02-13T00:00:00Z")));
    assert!(sessions::open_among(db, &[session(2, account(1)).id]).await.unwrap().is_empty());
    assert!(sessions::list(db, account(1)).await.unwrap().is_empty());
    assert_eq!(sessions::delete_expired(db).await.unwrap(), 2);
}

#[tokio::test]
async fn api_keys_have_a_prefix_of_their_own_until_revoked() {
    let test = TestDatabase::create().await;
    let (db, store) = (test.db(), EventStore::new(test.db().clone(), vec![]));
    let key = |n| ApiKeySecret {
        id: ApiKeyId::from_uuid(Uuid::from_u128(n)),
        prefix: "pfx".into(),
        secret_hash: [8; 32],
        name: "ci".into(),
    };
    db.set_fake_now(Some(at("2026-01-01T00:00:00Z")));
    store.commit(commit().write(ApiKeyWrite::Issue(key(1)))).await.unwrap();
    assert_eq!(api_keys::notes(db, &[key(1).id]).await.unwrap()[0].last_used_at, None);
    for (now, noted) in [("00:00:10", "00:00:10"), ("00:01:09", "00:00:10"), ("00:01:11", "00:01:11")] {
        db.set_fake_now(Some(at(&format!("2026-01-01T{now}Z"))));
        api_keys::note_use(db, &[key(1).id]).await.unwrap();
        let note = api_keys::notes(db, &[key(1).id]).await.unwrap().remove(0);
        assert_eq!(
            (note.name.as_str(), note.last_used_at),
            ("ci", Some(at(&format!("2026-01-01T{noted}Z"))))
        );
    }
    let again = store.commit(commit().write(ApiKeyWrite::Issue(key(2)))).await;
    assert!(matches!(again, Err(CommitError::Duplicate { .. })));
    store.commit(commit().write(ApiKeyWrite::Revoke(key(1).id))).await.unwrap();
    assert!(api_keys::notes(db, &[key(1).id]).await.unwrap().is_empty());
    store.commit(commit().write(ApiKeyWrite::Issue(key(2)))).await.unwrap();
}

//! A log of two orgs and an account, with two checkpoints, for the tests of tamper evidence.

use crate::tally::append;
use dbx_domain::{Secret, ids::OrgId, time::Timestamp};
use dbx_sql::{
    Actor, Commit, Cursor, EventFeed, EventStore, Metadata, StreamHead,
    checkpoint::{CheckpointKey, make, verify::Report, verify::verify},
    testing::TestDatabase,
};
use tokio_postgres::Client;
use uuid::Uuid;

pub(crate) fn org(number: u128) -> OrgId {
    OrgId::from_uuid(Uuid::from_u128(number))
}

/// The key of the examples in `docs/audit`: the seed of RFC 8032, test 1.
pub(crate) fn key() -> CheckpointKey {
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    CheckpointKey::from_hex(&Secret::new(seed)).unwrap()
}

pub(crate) struct Estate {
    pub(crate) test: TestDatabase,
    pub(crate) store: EventStore,
}

impl Estate {
    /// Streams `a1` (5 events) and `a2` of org 1, `b` of org 2, `c` of no org. After the first checkpoint `a1` goes on
    /// to 8 events and `b` to 4; two events of `c` come after the second.
    pub(crate) async fn build() -> Self {
        let test = TestDatabase::create().await;
        // Times are part of what the examples show.
        test.db().set_fake_now(Some("2026-01-02T03:04:05.678Z".parse::<Timestamp>().unwrap()));
        let store = EventStore::new(test.db().clone(), vec![]);
        let estate = Self { test, store };
        let a1 = estate.add("a1", Some(1), StreamHead::NEW, 5).await;
        estate.add("a2", Some(1), StreamHead::NEW, 2).await;
        let b = estate.add("b", Some(2), StreamHead::NEW, 3).await;
        let c = estate.add("c", None, StreamHead::NEW, 3).await;
        assert_eq!(estate.checkpoint().await, Some(1));
        assert_eq!(estate.checkpoint().await, None);
        estate.add("a1", Some(1), a1, 3).await;
        estate.add("b", Some(2), b, 1).await;
        assert_eq!(estate.checkpoint().await, Some(2));
        estate.add("c", None, c, 2).await;
        estate
    }

    pub(crate) async fn add(&self, id: &str, of: Option<u128>, head: StreamHead, events: i64) -> StreamHead {
        let metadata = Metadata { org: of.map(org), ..Metadata::of(Actor::system("test")) };
        let first = head.sequence.cast_signed();
        let commit = Commit::new(metadata).append(append(id, head, first..first + events));
        self.store.commit(commit).await.unwrap().appends[0].head
    }

    pub(crate) async fn checkpoint(&self) -> Option<u64> {
        // Transactions of other tests on the same server hold the feed back.
        let feed = EventFeed::new(self.test.db().clone());
        while feed.lag(&Cursor::START).await.unwrap().held_back > 0 {
            tokio::task::yield_now().await;
        }
        make(self.test.db(), &key()).await.unwrap().map(|statement| statement.number)
    }

    pub(crate) async fn verify(&self) -> Report {
        verify(self.test.db(), &[key().public()]).await.unwrap()
    }

    /// A superuser with every trigger switched off.
    pub(crate) async fn forger(&self) -> Client {
        let forger = self.test.connection().await;
        let tables = ["events", "checkpoints", "checkpoint_heads", "checkpoint_keys"];
        for table in tables {
            forger.batch_execute(&format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await.unwrap();
        }
        forger
    }
}

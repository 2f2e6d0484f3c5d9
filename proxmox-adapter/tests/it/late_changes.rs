//! A change of a password that was given up, and comes late: it must never undo a later one.

use crate::{
    relay::Relay,
    server::Server,
    sql::{pair, prove},
    world::Always,
};
use async_trait::async_trait;
use dbx_domain::instance::{Failure, FailureClass::Transient};
use dbx_workflows::{
    credential::{Credential, Verifier},
    database_admin::DatabaseAdmin,
    hypervisor::StepGuard,
};
use proxmox_adapter::SqlAdmin;
use std::{net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::{sync::Notify, task::JoinHandle};

/// A server, its platform role's credential, and two passwords for the tenant.
struct Stage {
    server: Server,
    platform: Credential,
    old: Credential,
    new: Credential,
}

impl Stage {
    async fn set() -> Self {
        let ((tenant, platform), (old, new)) = (pair(), pair());
        let server = Server::start(&tenant, &platform);
        prove(&server, &platform.password).await;
        Self { server, platform, old, new }
    }

    /// Sets a password, by way of `address`, as a worker of its own.
    fn sets(
        &self,
        address: Ipv4Addr,
        verifier: &Verifier,
        guard: Arc<dyn StepGuard>,
    ) -> JoinHandle<Result<(), Failure>> {
        let (platform, verifier) = (self.platform.password.clone(), verifier.clone());
        tokio::spawn(async move {
            SqlAdmin::new().set_tenant_verifier(address, &platform, &verifier, guard.as_ref()).await
        })
    }

    fn sets_new(&self) -> JoinHandle<Result<(), Failure>> {
        self.sets(self.server.address, &self.new.verifier, Arc::new(Always))
    }

    async fn only_the_new_password_is_accepted(&self) {
        let at = self.server.address;
        assert!(SqlAdmin::new().tenant_accepts(at, &self.new.password).await.unwrap());
        assert!(!SqlAdmin::new().tenant_accepts(at, &self.old.password).await.unwrap());
    }
}

/// A guard that permits when it is told to, and tells that it was asked.
#[derive(Default)]
struct Slow {
    asked: Notify,
    go_on: Notify,
}

#[async_trait]
impl StepGuard for Slow {
    async fn permit(&self) -> Result<(), Failure> {
        self.asked.notify_one();
        self.go_on.notified().await;
        Ok(())
    }

    async fn submitted(&self, _task: &str) {}
}

#[tokio::test]
async fn of_a_worker_that_hung_before_it_was_sent() {
    let stage = Stage::set().await;
    let slow = Arc::new(Slow::default());
    let late = stage.sets(stage.server.address, &stage.old.verifier, Arc::clone(&slow) as _);
    slow.asked.notified().await;
    stage.sets_new().await.unwrap().unwrap();
    slow.go_on.notify_one();
    assert_eq!(late.await.unwrap().unwrap_err().class, Transient);
    stage.only_the_new_password_is_accepted().await;
}

/// Whoever is permitted sends what the network keeps.
struct Lost(Relay);

#[async_trait]
impl StepGuard for Lost {
    async fn permit(&self) -> Result<(), Failure> {
        self.0.keep();
        Ok(())
    }

    async fn submitted(&self, _task: &str) {}
}

#[tokio::test]
async fn on_its_way_through_the_network() {
    let stage = Stage::set().await;
    let lost = Arc::new(Lost(Relay::to(stage.server.address).await));
    let late = stage.sets(lost.0.address, &stage.old.verifier, Arc::clone(&lost) as _);
    lost.0.keeps().await;
    late.abort();
    stage.sets_new().await.unwrap().unwrap();
    lost.0.deliver().await;
    stage.only_the_new_password_is_accepted().await;
}

#[tokio::test]
async fn in_a_session_that_waits_for_a_lock() {
    let stage = Stage::set().await;
    let superuser = stage.server.superuser().await;
    superuser.batch_execute("BEGIN; ALTER ROLE app CONNECTION LIMIT 50").await.unwrap();
    let late = stage.sets(stage.server.address, &stage.old.verifier, Arc::new(Always));
    waiting(&superuser, 1).await;
    late.abort();
    let newer = stage.sets_new();
    waiting(&superuser, 2).await;
    superuser.batch_execute("ROLLBACK").await.unwrap();
    let mut answer = newer.await.unwrap();
    while let Err(failure) = answer {
        assert_eq!(failure.class, Transient, "{failure:?}");
        answer = stage.sets_new().await.unwrap();
    }
    stage.only_the_new_password_is_accepted().await;
}

/// Until so many sessions wait for locks.
async fn waiting(superuser: &tokio_postgres::Client, count: i64) {
    const WAITING: &str = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted";
    while superuser.query_one(WAITING, &[]).await.unwrap().get::<_, i64>(0) < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

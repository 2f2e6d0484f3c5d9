//! An instance brought up as the engine would, so that operations on a running one can be tried.

use crate::stand::{Somebody, Stand};
use dbx_domain::{
    Decide as _, Instance,
    ids::{Ctid, InstanceId, SecretId, WorkflowId},
    instance::{CredentialRole, Fact, InstanceCommand, Outcome, Progress, StepName},
    org::OrgEvent,
};
use dbx_sql::{Actor, Append, Commit, Metadata, SideWrite};
use dbx_workflows::credential::Credential;
use std::{
    net::Ipv4Addr,
    sync::atomic::{AtomicU8, Ordering},
};

/// Instances brought up so far: each needs a container number and an address of its own. The first is 10.0.0.7.
static PLACED: AtomicU8 = AtomicU8::new(0);
/// The certificate it showed.
pub(crate) const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMII…\n-----END CERTIFICATE-----\n";

/// A running instance and its password.
pub(crate) struct Running {
    pub(crate) id: String,
    pub(crate) job: String,
    pub(crate) password: String,
}

impl Stand {
    /// Reports progress of a run as the engine does.
    pub(crate) async fn advance(
        &self,
        instance: &str,
        workflow: &str,
        reports: Vec<Progress>,
        write: Option<SideWrite>,
    ) {
        let workflow: WorkflowId = workflow.parse().unwrap();
        let loaded = self.store.load::<Instance>(instance).await.unwrap();
        let mut state = loaded.aggregate;
        let mut events = Vec::new();
        for report in reports {
            for event in state.decide(InstanceCommand::Advance(workflow, report)).unwrap() {
                cqrs_es::Aggregate::apply(&mut state, event.clone());
                events.push(event);
            }
        }
        let append = Append::of::<Instance>(instance, loaded.head, &events).unwrap();
        let mut commit = Commit::new(Metadata::of(Actor::system("engine"))).append(append);
        commit.writes.extend(write);
        self.store.commit(commit).await.unwrap();
    }

    /// Begins a step that is done at once.
    pub(crate) async fn step(&self, step: StepName, facts: Vec<Fact>) -> Vec<Progress> {
        let deadline_at = self.database.db().now().await.unwrap();
        vec![
            Progress::BeginStep { step: step.clone(), deadline_at },
            Progress::CompleteStep { step, attempt: 1, facts },
        ]
    }

    /// Deletes an instance as the engine would, also one whose job is under way.
    pub(crate) async fn gone(&self, owner: &Somebody, instance: &str, job: &str) {
        let delete = self.delete(&format!("/v1/instances/{instance}")).by(owner).send().await.text_at("/id");
        self.advance(instance, job, vec![Progress::Finish(Outcome::Superseded)], None).await;
        self.advance(instance, &delete, vec![Progress::Finish(Outcome::Succeeded)], None).await;
        let instance = instance.parse().unwrap();
        self.append_to_org(owner.org, &[OrgEvent::InstanceReleased { instance }]).await;
    }

    /// Orders an instance and brings it up.
    pub(crate) async fn running(&self, owner: &Somebody, project: &str, name: &str) -> Running {
        let (id, job) = self.order(owner, project, name).await;
        let instance: InstanceId = id.parse().unwrap();
        let secret = SecretId::of(instance, "tenant");
        let credential = Credential::generate().unwrap();
        let sealed =
            self.vault.seal(owner.org, id.as_str(), secret, 1, &credential.to_secret()).await.unwrap();
        let (role, place) = (CredentialRole::Tenant, PLACED.fetch_add(1, Ordering::Relaxed));
        let facts = vec![
            Fact::PlacementReserved {
                node: "pve1".to_owned(),
                ctid: Ctid(7000 + u32::from(place)),
                address: Ipv4Addr::new(10, 0, 0, 7 + place),
            },
            Fact::CredentialIssued { role, secret, version: 1 },
            Fact::CredentialActivated { role, version: 1 },
            Fact::ServerObserved {
                server_version: "17.5".to_owned(),
                certificate_pem: CERTIFICATE.to_owned(),
                fingerprint: "ab".repeat(32),
            },
        ];
        let mut reports = self.step(StepName::new("reserve"), facts).await;
        reports.push(Progress::Finish(Outcome::Succeeded));
        self.advance(&id, &job, reports, Some(sealed)).await;
        Running { id, job, password: credential.password.0.expose().to_owned() }
    }
}

//! The log against the cluster, when both are at rest.

use crate::{
    books::{self, Books, Entry, block_on},
    estate::Estate,
    people::Accepted,
};
use dbx_domain::instance::{CredentialRole, Lifecycle};
use dbx_workflows::{credential::Credential, database_admin::DatabaseAdmin as _};
use proxmox_adapter::SqlAdmin;
use serde_json::Value;
use std::{collections::BTreeSet, time::Duration};

/// A server that was restarted a moment ago may need some looks.
const LOOKS: u32 = 20;

/// Everything that is not as it must be; empty is what we want.
pub(crate) fn findings(estate: &Estate, accepted: &Accepted, foreign: u64) -> Vec<String> {
    let ledger = estate.cluster.ledger().expect("the cluster answers");
    block_on(async {
        let books = books::read(&estate.control.url).await;
        let mut findings = totals(&books, &ledger, foreign);
        findings.extend(promises(&books, accepted));
        for entry in &books.entries {
            let mut wrong = of_instance(entry, &ledger);
            wrong.extend(story(entry, accepted));
            if wrong.is_empty() && entry.state.lifecycle() == Lifecycle::Running {
                wrong.extend(password(&books, entry).await);
            }
            if !wrong.is_empty() {
                let history = books::history(&estate.control.url, &entry.id).await;
                findings.push(format!("{}:\n  {}\n{history}", entry.id, wrong.join("\n  ")));
            }
        }
        if !findings.is_empty() {
            findings.push(format!("ledger: {ledger:#}"));
        }
        summary(&books);
        books.store.database().close();
        findings
    })
}

fn list<'a>(ledger: &'a Value, part: &str) -> impl Iterator<Item = &'a Value> {
    ledger[part].as_array().into_iter().flatten()
}

fn owner(container: &Value) -> Option<&str> {
    container["description"].as_str()?.lines().find_map(|line| line.strip_prefix("dbxyz-owner: "))
}

/// What an instance must and must not have, by its lifecycle.
fn of_instance(entry: &Entry, ledger: &Value) -> Vec<String> {
    let mut wrong: Vec<String> = entry.damage.clone().into_iter().collect();
    let lifecycle = entry.state.lifecycle();
    if lifecycle.name() != entry.lifecycle {
        wrong.push(format!("its stream says {lifecycle}, its read model {}", entry.lifecycle));
    }
    let containers: Vec<_> =
        list(ledger, "containers").filter(|found| owner(found) == Some(entry.id.as_str())).collect();
    match lifecycle {
        Lifecycle::Running | Lifecycle::Stopped => living(entry, &containers, ledger, &mut wrong),
        Lifecycle::Failed | Lifecycle::Deleted => {
            for (what, left) in [
                ("containers", containers.len()),
                ("secrets", entry.secrets.len()),
                ("reservations", entry.reservations.len()),
            ] {
                if left > 0 {
                    wrong.push(format!("{lifecycle}, and {left} {what} are left"));
                }
            }
        }
        other => wrong.push(format!("not at rest: {other}")),
    }
    wrong
}

fn living(entry: &Entry, containers: &[&Value], ledger: &Value, wrong: &mut Vec<String>) {
    let Some(placement) = entry.state.placement() else {
        return wrong.push("it has no placement".to_owned());
    };
    let vmid = u64::from(placement.ctid.0);
    let runs = entry.state.lifecycle() == Lifecycle::Running;
    match containers {
        [only] if only["vmid"] == vmid => {
            if only["running"] != runs {
                wrong.push(format!("container {vmid} running: {}, wanted: {runs}", only["running"]));
            }
            if only["lets_in"] != serde_json::json!(["5432"]) {
                wrong.push(format!("the firewall of container {vmid} lets in {}", only["lets_in"]));
            }
            if only["node"] != placement.node.as_str() || only["ip"] != placement.address.to_string() {
                wrong.push(format!("the container is elsewhere: {only}"));
            }
        }
        found => wrong.push(format!("one container {vmid} was wanted: {found:?}")),
    }
    let servers = list(ledger, "servers").filter(|server| server["vmid"] == vmid).count();
    if servers != usize::from(runs) {
        wrong.push(format!("{servers} servers"));
    }
    let volumes = list(ledger, "volumes").filter(|volume| volume["owner"] == vmid).count();
    if volumes != 2 {
        wrong.push(format!("{volumes} volumes instead of root and data"));
    }
    if entry.reservations != [(vmid, placement.address.to_string())] {
        wrong.push(format!("reservations {:?}", entry.reservations));
    }
    let kept: Vec<_> = CredentialRole::ALL
        .iter()
        .filter_map(|role| entry.state.credential(*role))
        .map(|credential| (credential.secret.to_string(), i32::try_from(credential.latest).unwrap()))
        .collect();
    let (kept, found) = (BTreeSet::from_iter(kept), BTreeSet::from_iter(entry.secrets.iter().cloned()));
    if kept.len() != 2 || kept != found {
        wrong.push(format!("secrets {found:?} instead of {kept:?}"));
    }
}

/// What belongs to no instance.
fn totals(books: &Books, ledger: &Value, foreign: u64) -> Vec<String> {
    let mut wrong = books.strays.clone();
    wrong.extend(books.damaged_streams.iter().cloned());
    let not_deleted = books.entries.iter().filter(|entry| entry.state.lifecycle() != Lifecycle::Deleted);
    if books.admitted != not_deleted.count() as u64 {
        wrong.push(format!("the orgs count {} instances", books.admitted));
    }
    let known: BTreeSet<_> = books.entries.iter().map(|entry| entry.id.as_str()).collect();
    let mut foreigners = 0;
    for container in list(ledger, "containers").filter(|container| container["template"] == false) {
        match owner(container) {
            Some(owner) if known.contains(owner) => {}
            None if container["vmid"] == foreign => foreigners += 1,
            _ => wrong.push(format!("a container of nobody: {container}")),
        }
        if !container["lock"].is_null() {
            wrong.push(format!("a lock was left: {container}"));
        }
    }
    if foreigners != 1 {
        wrong.push(format!("somebody else's container {foreign} is gone"));
    }
    let exists = |vmid: &Value| list(ledger, "containers").any(|container| container["vmid"] == *vmid);
    for volume in list(ledger, "volumes").filter(|v| v["referenced"] != true || !exists(&v["owner"])) {
        wrong.push(format!("a volume of nobody: {volume}"));
    }
    for server in list(ledger, "servers").filter(|server| !exists(&server["vmid"])) {
        wrong.push(format!("a server of nobody: {server}"));
    }
    wrong
}

/// Every job that was accepted exists and is over, with a word on why if it did not succeed.
fn promises(books: &Books, accepted: &Accepted) -> Vec<String> {
    let mut wrong = Vec::new();
    for (job, instance, what) in &accepted.promises.jobs {
        match books.jobs.get(job) {
            None => wrong.push(format!("{what} of {instance} was accepted as {job} and is lost")),
            Some((status, None, _)) if status == "failed" => {
                wrong.push(format!("{job} failed without a reason"))
            }
            Some(_) => {}
        }
    }
    for (job, (status, _, reason)) in &books.jobs {
        if !["succeeded", "failed", "canceled"].contains(&status.as_str()) {
            wrong.push(format!("{job} is not over: {status}, {reason:?}"));
        }
    }
    wrong
}

/// `GET …/events` tells every event, in order, from the order to the end.
fn story(entry: &Entry, accepted: &Accepted) -> Vec<String> {
    let (mut told, mut token, mut first) = (0, String::new(), None);
    loop {
        let path = format!("/v1/instances/{}/events?page[size]=200{token}", entry.id);
        let Some(page) = accepted.api.read(&path) else {
            return vec!["its history cannot be read".to_owned()];
        };
        for event in page["data"].as_array().into_iter().flatten() {
            told += 1;
            first = first.or_else(|| event["type"].as_str().map(str::to_owned));
            if event["sequence"] != told {
                return vec![format!("its history has a gap at #{told}")];
            }
        }
        match page["nextPageToken"].as_str() {
            Some(next) => token = format!("&page[token]={next}"),
            None => break,
        }
    }
    let whole = told == entry.events && first.as_deref() == Some("InstanceRequested");
    if whole { Vec::new() } else { vec![format!("its history tells {told} of {} events", entry.events)] }
}

/// The server accepts the password that is kept, and no other.
async fn password(books: &Books, entry: &Entry) -> Option<String> {
    let credential = entry.state.credential(CredentialRole::Tenant)?;
    let address = entry.state.placement()?.address;
    let stored = match books.vault.open(credential.secret, credential.latest).await {
        Ok(stored) => stored,
        Err(error) => return Some(format!("its password cannot be opened: {error}")),
    };
    let password = Credential::from_secret(&stored).unwrap().password;
    let mut last = String::new();
    for _ in 0..LOOKS {
        match SqlAdmin::default().tenant_accepts(address, &password).await {
            Ok(true) => return None,
            Ok(false) => return Some("its server refuses the password that is kept".to_owned()),
            Err(failure) => last = failure.message,
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    Some(format!("its server does not answer: {last}"))
}

fn summary(books: &Books) {
    let mut counts = std::collections::BTreeMap::<String, u32>::new();
    for entry in &books.entries {
        *counts.entry(entry.lifecycle.clone()).or_default() += 1;
    }
    let events: u64 = books.entries.iter().map(|entry| entry.events).sum();
    eprintln!("soak: instances {counts:?}, {} jobs, {events} events", books.jobs.len());
}

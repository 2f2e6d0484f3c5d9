//! An org's export can be verified by somebody who knows `docs/audit.md` and the public key, and nothing else of ours.
//! `docs/audit/example.jsonl` is such an export; the CLI's tests read it too.

use crate::estate::{Estate, key, org};
use dbx_sql::{
    Database,
    checkpoint::{bytes_of, export::Export, merkle::root_of_path, scope_leaf},
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, path::Path};

type Hash = [u8; 32];

async fn export(db: &Database, scope: &str) -> String {
    let (mut export, mut text) = (Export::new(db.clone(), scope), String::new());
    while let Some(lines) = export.next().await.unwrap() {
        text += &lines;
    }
    text
}

/// The root of a tree by its definition in RFC 9162 §2.1.1.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest("").into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::new()
                .chain_update([1])
                .chain_update(root(left))
                .chain_update(root(right))
                .finalize()
                .into()
        }
    }
}

/// The lines of an export, by kind.
struct Lines(Vec<Value>);

impl Lines {
    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |line| line["kind"] == kind)
    }
}

fn hash(value: &Value) -> Hash {
    bytes_of::<32>(value.as_str().unwrap()).unwrap()
}

fn sha(parts: &[&[u8]]) -> Hash {
    parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize().into()
}

/// Verifies an export as `docs/audit.md` tells; gives the number of events that the checkpoint proves.
fn read(text: &str, scope: &str) -> Result<u64, String> {
    let lines = Lines(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect());
    // 1.
    let end = lines.0.last().filter(|line| line["kind"] == "end").ok_or("the end is missing")?;
    if end["events"] != lines.of("event").count() {
        return Err("events are missing".to_owned());
    }
    let computed = chains(&lines)?;
    let (leaves, covered) = heads(&lines, &computed)?;
    way(&lines, scope, &leaves)?;
    Ok(covered)
}

type Computed = HashMap<(String, String, u64), (Hash, Hash)>;

/// 2. Every event follows from the one before it.
fn chains(lines: &Lines) -> Result<Computed, String> {
    type Content = (String, String, u64, Value, Value, Value, Value);
    let (mut computed, mut last) = (Computed::new(), (String::new(), String::new(), 0));
    for event in lines.of("event") {
        let content = event["content"].as_str().unwrap();
        let (kind, id, sequence, ..): Content = serde_json::from_str(content).unwrap();
        if (&kind, &id) != (&last.0, &last.1) {
            last = (kind.clone(), id.clone(), 0);
        }
        if sequence != last.2 + 1 {
            return Err(format!("{kind} {id}: #{} is missing", last.2 + 1));
        }
        let (before, times) = computed.get(&last).copied().unwrap_or_default();
        let expected = sha(&[&before, content.as_bytes()]);
        if !event["hash"].is_null() && hash(&event["hash"]) != expected {
            return Err(format!("{kind} {id}: #{sequence} does not fit"));
        }
        let micros = event["recordedAtMicros"].as_i64().unwrap().to_string();
        last = (kind, id, sequence);
        computed.insert(last.clone(), (expected, sha(&[&times, micros.as_bytes()])));
    }
    Ok(computed)
}

/// 3. What was signed is what was computed. Gives the leaves and how many events they cover.
fn heads(lines: &Lines, computed: &Computed) -> Result<(Vec<Hash>, u64), String> {
    let (mut leaves, mut covered) = (Vec::new(), 0);
    for head in lines.of("head") {
        let (kind, id) = (head["type"].as_str().unwrap(), head["id"].as_str().unwrap());
        let sequence = head["sequence"].as_u64().unwrap();
        let actual = computed.get(&(kind.to_owned(), id.to_owned(), sequence));
        if actual != Some(&(hash(&head["hash"]), hash(&head["times"]))) {
            return Err(format!("{kind} {id}: not what was signed up to #{sequence}"));
        }
        let text = format!("[\"stream\",\"{kind}\",\"{id}\",{sequence},{},{}]", head["hash"], head["times"]);
        leaves.push(sha(&[&[0], text.as_bytes()]));
        covered += sequence;
    }
    Ok((leaves, covered))
}

/// 4. and 5. The heads lead to the root that was signed.
fn way(lines: &Lines, scope: &str, leaves: &[Hash]) -> Result<(), String> {
    let checkpoint = lines.of("checkpoint").next().ok_or("nothing is signed yet")?;
    let statement = checkpoint["statement"].as_str().unwrap();
    let fields: Vec<Value> = serde_json::from_str(statement).unwrap();
    let path: Vec<Hash> = checkpoint["path"].as_array().unwrap().iter().map(hash).collect();
    let leaf = scope_leaf(scope, leaves.len() as u64, &root(leaves));
    let (index, size) = (checkpoint["index"].as_u64().unwrap(), fields[4].as_u64().unwrap());
    if root_of_path(index, size, leaf, &path) != Some(hash(&fields[5])) {
        return Err("the heads do not lead to the root".to_owned());
    }
    let signature = bytes_of::<64>(checkpoint["signature"].as_str().unwrap()).unwrap();
    match key().public().verifies(statement, &signature) {
        true => Ok(()),
        false => Err("the signature does not fit".to_owned()),
    }
}

#[tokio::test]
async fn an_export_of_an_org_verifies_and_is_the_example_of_the_documentation() {
    let estate = Estate::build().await;
    let scope = org(1).to_string();
    let text = export(estate.test.db(), &scope).await;
    assert_eq!(read(&text, &scope), Ok(10));
    assert!(!text.contains(&org(2).to_string()), "nothing of another org is in it");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/audit/example.jsonl");
    if std::env::var_os("DBX_UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    assert_eq!(
        text,
        std::fs::read_to_string(golden).unwrap(),
        "run with DBX_UPDATE_GOLDEN=1 if this is meant"
    );
}

#[tokio::test]
async fn an_export_shows_every_forgery() {
    let scope = org(1).to_string();
    for (forgery, sentence) in [
        (
            "UPDATE events SET payload = '{}' WHERE aggregate_id = 'a1' AND sequence = 2",
            "tally a1: #2 does not fit",
        ),
        ("DELETE FROM events WHERE aggregate_id = 'a1' AND sequence = 2", "tally a1: #2 is missing"),
        (
            "DELETE FROM events WHERE aggregate_id = 'a1' AND sequence > 7",
            "tally a1: not what was signed up to #8",
        ),
        ("DELETE FROM events WHERE aggregate_id = 'a2'", "tally a2: not what was signed up to #2"),
        (
            "UPDATE events SET recorded_at = now() WHERE aggregate_id = 'a2'",
            "tally a2: not what was signed up to #2",
        ),
        (
            "UPDATE checkpoint_streams SET sequence = 1 WHERE aggregate_id = 'a2'",
            "tally a2: not what was signed up to #1",
        ),
        ("DELETE FROM checkpoint_streams WHERE aggregate_id = 'a2'", "the heads do not lead to the root"),
        (
            "UPDATE checkpoints SET statement = replace(statement, '2026', '2025')",
            "the signature does not fit",
        ),
    ] {
        let estate = Estate::build().await;
        estate.forger().await.batch_execute(forgery).await.unwrap();
        let text = export(estate.test.db(), &scope).await;
        assert_eq!(read(&text, &scope), Err(sentence.to_owned()), "{forgery}");
    }
}

#[tokio::test]
async fn an_export_that_broke_off_is_told_from_a_whole_one() {
    let estate = Estate::build().await;
    let text = export(estate.test.db(), &org(2).to_string()).await;
    let cut: String = text.lines().take(4).map(|line| format!("{line}\n")).collect();
    assert_eq!(read(&cut, &org(2).to_string()), Err("the end is missing".to_owned()));
}

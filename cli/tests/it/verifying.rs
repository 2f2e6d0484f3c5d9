//! An org's history, as it is and as somebody would like it to be. The export is the one of `docs/audit.md`.

use crate::{
    commands::{ORG, page, with_org},
    program::Dbx,
    server::{Reply, Server},
};
use dbx_cli::verify::{Finding, PublicKey, Report, Verifier};
use proptest::prelude::*;
use serde_json::{Value, json};

const EXPORT: &str = include_str!("../../../docs/audit/example.jsonl");
/// RFC 8032, test 1.
const KEY: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const SCOPE: &str = "org_00000000000000000000000001";

fn lines() -> Vec<String> {
    EXPORT.lines().map(str::to_owned).collect()
}

fn verify(lines: &[String]) -> Report {
    let mut verifier = Verifier::default();
    lines.iter().for_each(|line| verifier.line(line));
    verifier.finish(SCOPE, &[KEY.parse().unwrap()])
}

/// What is found after a change.
fn after(change: impl FnOnce(&mut Vec<String>)) -> Vec<Finding> {
    let mut lines = lines();
    change(&mut lines);
    let report = verify(&lines);
    assert!(!report.findings.is_empty(), "not noticed");
    report.findings
}

fn edit(line: &mut String, change: impl FnOnce(&mut Value)) {
    let mut value = serde_json::from_str(line).unwrap();
    change(&mut value);
    *line = value.to_string();
}

/// The place of the first event's line.
fn first_event() -> usize {
    lines().iter().position(|line| line.contains("\"kind\":\"event\"")).unwrap()
}

fn counted(lines: &mut [String], events: usize) {
    edit(lines.last_mut().unwrap(), |end| end["events"] = json!(events));
}

const STREAM: &str = "tally a1";

#[test]
fn the_example_verifies() {
    let report = verify(&lines());
    assert_eq!(report.findings, []);
    assert_eq!((report.events, report.streams, report.unsigned), (10, 2, 0));
    let signed = report.signed.unwrap();
    assert_eq!((signed.number, signed.key.as_str()), (2, "21fe31dfa154a261"));
}

#[test]
fn an_edited_event_is_named() {
    let found = after(|lines| {
        let place = first_event() + 2;
        lines[place] = lines[place].replace("{\\\"amount\\\":2}", "{\\\"amount\\\":9}");
    });
    assert_eq!(found, [Finding::Edited { stream: STREAM.to_owned(), sequence: 3 }]);
}

#[test]
fn a_dropped_event_is_named_however_the_count_is_set_right() {
    let found = after(|lines| {
        lines.remove(first_event() + 3);
        counted(lines, 9);
    });
    assert_eq!(found, [Finding::Dropped { stream: STREAM.to_owned(), from: 4, to: 4 }]);
}

#[test]
fn exchanged_events_are_named() {
    let found = after(|lines| lines.swap(first_event() + 1, first_event() + 2));
    assert!(found.contains(&Finding::Reordered { stream: STREAM.to_owned(), sequence: 2 }), "{found:?}");
}

#[test]
fn another_time_is_noticed() {
    let found =
        after(|lines| edit(&mut lines[first_event() + 4], |event| event["recordedAtMicros"] = json!(1)));
    let stream = || STREAM.to_owned();
    let expected = [
        Finding::Backdated { stream: stream(), sequence: 5 },
        Finding::Retimed { stream: stream(), sequence: 8 },
    ];
    assert_eq!(found, expected);
    let later = after(|lines| {
        edit(&mut lines[first_event() + 7], |event| event["recordedAtMicros"] = json!(i64::MAX))
    });
    assert_eq!(later, [Finding::Retimed { stream: stream(), sequence: 8 }]);
}

#[test]
fn an_event_that_nobody_vouches_for_is_named() {
    let found = after(|lines| edit(&mut lines[first_event() + 2], |event| event["hash"] = Value::Null));
    assert_eq!(found, [Finding::Unvouched { stream: STREAM.to_owned(), sequence: 3 }]);
}

#[test]
fn a_stream_that_is_cut_off_is_named() {
    let found = after(|lines| {
        lines.remove(first_event() + 7);
        counted(lines, 9);
    });
    assert_eq!(found, [Finding::CutOff { stream: STREAM.to_owned(), last: 7, signed: 8 }]);
    let found = after(|lines| {
        lines.retain(|line| !line.contains("\\\"a2\\\""));
        counted(lines, 8);
    });
    assert_eq!(found, [Finding::CutOff { stream: "tally a2".to_owned(), last: 0, signed: 2 }]);
}

#[test]
fn a_chain_made_anew_does_not_fit_what_was_signed() {
    let found = after(|lines| {
        let mut before = "0".repeat(64);
        for line in lines.iter_mut().skip(first_event()).take(8) {
            *line = line.replace("{\\\"amount\\\":0}", "{\\\"amount\\\":7}");
            edit(line, |event| {
                event["hash"] = json!(chained(&before, event["content"].as_str().unwrap()));
                before = event["hash"].as_str().unwrap().to_owned();
            });
        }
    });
    assert_eq!(found, [Finding::Rewritten { stream: STREAM.to_owned(), sequence: 8 }]);
}

fn chained(before: &str, content: &str) -> String {
    let byte = |at: usize| u8::from_str_radix(&before[at..at + 2], 16).unwrap();
    let before: Vec<u8> = (0..64).step_by(2).map(byte).collect();
    dbx_cli::verify::Hash::of(&[&before, content.as_bytes()]).to_string()
}

#[test]
fn changed_heads_are_not_covered() {
    let found = after(|lines| edit(&mut lines[2], |head| head["sequence"] = json!(7)));
    assert!(found.contains(&Finding::NotCovered { number: 2 }), "{found:?}");
    let found = after(|lines| {
        lines.remove(3);
    });
    assert!(found.contains(&Finding::NotCovered { number: 2 }), "{found:?}");
}

#[test]
fn a_changed_statement_or_a_strange_key_is_noticed() {
    let found = after(|lines| lines[1] = lines[1].replace(",17,", ",18,"));
    assert_eq!(found, [Finding::Forged { number: 2, key: "21fe31dfa154a261".to_owned() }]);
    let mut verifier = Verifier::default();
    lines().iter().for_each(|line| verifier.line(line));
    let other: PublicKey = "ab".repeat(32).parse().unwrap();
    let report = verifier.finish(SCOPE, &[other]);
    assert_eq!(report.findings, [Finding::Untrusted { number: 2, key: "21fe31dfa154a261".to_owned() }]);
    assert_eq!(report.signed, None);
}

#[test]
fn an_export_that_stopped_early_or_is_about_something_else_is_refused() {
    assert!(after(|lines| drop(lines.pop())).contains(&Finding::Incomplete));
    assert!(after(Vec::clear).contains(&Finding::Incomplete));
    let mut verifier = Verifier::default();
    lines().iter().for_each(|line| verifier.line(line));
    let report = verifier.finish(ORG, &[KEY.parse().unwrap()]);
    assert!(matches!(report.findings.as_slice(), [Finding::Foreign { .. }]), "{:?}", report.findings);
}

proptest! {
    #[test]
    fn no_change_of_a_byte_goes_unnoticed(place in 0..EXPORT.len(), byte in 0x20_u8..0x7f) {
        let mut text = EXPORT.as_bytes().to_vec();
        prop_assume!(text[place] != byte && text[place] != b'\n');
        // Hexadecimal digits may be written in capitals; that is the same hash.
        prop_assume!(!text[place].eq_ignore_ascii_case(&byte));
        text[place] = byte;
        let changed = String::from_utf8(text).unwrap();
        let lines: Vec<String> = changed.lines().map(str::to_owned).collect();
        // A changed field name is a missing field; a changed unknown one would not matter, but there is none.
        prop_assert!(!verify(&lines).findings.is_empty(), "{}", changed);
    }

    #[test]
    fn no_missing_or_exchanged_line_goes_unnoticed(a in 0..15_usize, b in 0..15_usize) {
        let mut lines = lines();
        if a == b { lines.remove(a); } else { lines.swap(a, b); }
        prop_assert!(!verify(&lines).findings.is_empty());
    }

    #[test]
    fn no_text_upsets_the_verifier(text in any::<String>(), place in 0..15_usize) {
        let mut lines = lines();
        lines[place] = text;
        prop_assert!(!verify(&lines).findings.is_empty());
    }
}

fn server(export: &str) -> Server {
    let server = with_org();
    server.gives(
        "GET /v1/orgs",
        page(json!([
            { "id": SCOPE, "name": "Acme", "role": "owner", "createdAt": "2026-01-01T00:00:00Z" }
        ])),
    );
    server.gives("GET /v1/audit-logs/keys", json!({ "data": [
        { "keyId": "21fe31dfa154a261", "publicKey": KEY, "algorithm": "Ed25519", "addedAt": "2026-01-01T00:00:00Z" }
    ]}));
    server.gives("GET /v1/audit-logs/checkpoints", page(json!([])));
    server.on("GET /v1/audit-logs/chain", [Reply::Text("application/x-ndjson", export.to_owned())]);
    server
}

fn checkpoint(number: u64, hash: &str) -> Value {
    json!({ "number": number, "hash": hash, "keyId": "k", "madeAt": "2026-01-01T00:00:00Z", "events": 17,
            "signature": "", "statement": "" })
}

#[test]
fn the_command_trusts_at_first_sight_and_remembers() {
    let (server, dbx) = (server(EXPORT), Dbx::new());
    let (code, stdout, stderr) = dbx.with_token(&server.url(), "audit verify");
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains("verified: nothing was edited"), "{stdout}");
    assert!(stderr.contains(&format!("trusting the public key {KEY} from now on")), "{stderr}");

    // The same checkpoint is there still, and a new key is not trusted by itself.
    let hash = dbx.with_token(&server.url(), "audit verify --output json");
    assert_eq!(hash.0, Some(1), "the checkpoint seen before is gone: {}", hash.2);
    let signed: Value = serde_json::from_str(&hash.1).unwrap();
    let hash = signed["checkpoint"]["hash"].as_str().unwrap();
    server.gives("GET /v1/audit-logs/checkpoints", page(json!([checkpoint(2, hash)])));
    let (code, _, stderr) = dbx.with_token(&server.url(), "audit verify");
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    server.gives("GET /v1/audit-logs/checkpoints", page(json!([checkpoint(2, &"ab".repeat(32))])));
    let (code, stdout, _) = dbx.with_token(&server.url(), "audit verify");
    assert_eq!(code, Some(1));
    assert!(stdout.contains("the whole log may have been replaced"), "{stdout}");
}

#[test]
fn the_command_names_what_it_finds_and_fails() {
    let (server, dbx) = (server(&EXPORT.replace("{\\\"amount\\\":2}", "{\\\"amount\\\":9}")), Dbx::new());
    let (code, stdout, stderr) = dbx.with_token(&server.url(), &format!("audit verify --key {KEY}"));
    assert_eq!(code, Some(1));
    assert!(stdout.contains("tally a1 event 3") && stdout.contains("NOT verified"), "{stdout}");
    assert!(stderr.contains("does not verify: 1 findings"), "{stderr}");
}

#[test]
fn an_export_in_a_file_can_be_verified() {
    let (server, dbx) = (server("nothing"), Dbx::new());
    let path = dbx.0.path().join("chain.jsonl");
    std::fs::write(&path, EXPORT.trim_end()).unwrap();
    let line = format!("audit verify --chain {} --key {KEY} -q", path.display());
    let (code, stdout, stderr) = dbx.with_token(&server.url(), &line);
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), "verified\n", ""));
}

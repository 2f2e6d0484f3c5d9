//! Proving that nobody rewrote an org's history.

use crate::{
    api::{Checkpoint, CheckpointKeys},
    args::AuditVerifyArgs,
    context::Context,
    failure::Failure,
    output::{Record, Style, clean, moment},
    store::{Evidence, Seen, SeenCheckpoint},
    verify::{Finding, PublicKey, Report, Verifier},
};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Write},
};

pub(super) fn run(context: &Context, args: &AuditVerifyArgs) -> Result<(), Failure> {
    let org = context.org(args.scope.org.as_ref())?;
    let seen = Evidence::of(&context.directory, context.api())?;
    let trusted = trusted(context, args, &seen)?;
    let mut report = match &args.chain {
        Some(path) => {
            let fail = |error: io::Error| {
                let message = format!("cannot read the export {}: {error}", path.display());
                Failure::Usage(message, "make one: dbx api GET '/audit-logs/chain?orgId=ORG_ID' > FILE")
            };
            let mut lines = Lines::default();
            io::copy(&mut BufReader::new(File::open(path).map_err(fail)?), &mut lines).map_err(fail)?;
            lines.finish()
        }
        None => {
            let mut lines = Lines::default();
            context.client.download("/audit-logs/chain", &[("orgId", org.id.clone())], &mut lines)?;
            lines.finish()
        }
    }
    .finish(&org.id, &trusted);
    if let Some(before) = seen.checkpoints.get(&org.id) {
        report.findings.extend(still_there(context, &org.id, before)?);
    }
    show(context, &org.name, &report)?;
    match (report.findings.len(), &report.signed) {
        (0, Some(signed)) => {
            let newest = SeenCheckpoint { number: signed.number, hash: signed.hash.to_string() };
            Evidence::remember(&context.directory, context.api(), |seen| {
                seen.keys = trusted.iter().map(ToString::to_string).collect();
                let known = seen.checkpoints.entry(org.id).or_insert_with(|| newest.clone());
                if newest.number > known.number {
                    *known = newest;
                }
            })?;
            Ok(())
        }
        (0, None) => Ok(()),
        (findings, _) => Err(Failure::NotVerified(findings)),
    }
}

/// The key that is given; else those of earlier runs; else those that the server publishes, from now on.
fn trusted(context: &Context, args: &AuditVerifyArgs, seen: &Seen) -> Result<Vec<PublicKey>, Failure> {
    if !args.keys.is_empty() {
        return Ok(args.keys.clone());
    }
    let known: Vec<PublicKey> = seen.keys.iter().filter_map(|key| key.parse().ok()).collect();
    let published: CheckpointKeys = context.client.get("/audit-logs/keys", &[])?.value;
    let published: Vec<PublicKey> =
        published.data.iter().filter_map(|key| key.public_key.parse().ok()).collect();
    if known.is_empty() {
        for key in &published {
            context.note(&format!(
                "trusting the public key {key} from now on; compare it with what the operator published"
            ));
        }
        return Ok(published);
    }
    for key in published.iter().filter(|key| !known.contains(key)) {
        context.note(&format!(
            "the server has a new public key, {key}; if the operator says so, trust it: --key {key}"
        ));
    }
    Ok(known)
}

/// A checkpoint that held before must be there still: else the whole log may be another one.
fn still_there(context: &Context, org: &str, before: &SeenCheckpoint) -> Result<Option<Finding>, Failure> {
    let query = [("orgId", org.to_owned())];
    let all: Vec<Checkpoint> =
        context.client.list_where("/audit-logs/checkpoints", &query, usize::MAX)?.value;
    let number = before.number;
    Ok(match all.iter().find(|checkpoint| checkpoint.number == number) {
        None => Some(Finding::Replaced { number, what: "gone" }),
        Some(found) if found.hash != before.hash => {
            Some(Finding::Replaced { number, what: "another one now" })
        }
        Some(_) => None,
    })
}

fn show(context: &Context, org: &str, report: &Report) -> Result<(), Failure> {
    let signed = report.signed.as_ref();
    let body = json!({
        "verified": report.findings.is_empty(),
        "findings": report.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "events": report.events,
        "streams": report.streams,
        "unsigned": report.unsigned,
        "checkpoint": signed.map(|signed| json!({
            "number": signed.number, "madeAt": signed.made_at, "keyId": signed.key, "hash": signed.hash.to_string(),
        })),
    });
    let essence = if report.findings.is_empty() { "verified" } else { "not verified" };
    context.output.show_essence(&Value::clone(&body), essence, |style| text(org, report, style))
}

fn text(org: &str, report: &Report, style: Style) -> String {
    let findings: String =
        report.findings.iter().map(|finding| format!("✗ {}\n", clean(&finding.to_string()))).collect();
    let signed = match &report.signed {
        Some(signed) => {
            let (number, made) = (signed.number, moment(&signed.made_at));
            format!("{} by checkpoint {number} of {made}", report.events - report.unsigned)
        }
        None => "nothing yet, or nothing that holds".to_owned(),
    };
    let verdict = match report.findings.is_empty() {
        true => "verified: nothing was edited, dropped, reordered or given another time",
        false => "NOT verified",
    };
    let record = Record::new()
        .with("org", org)
        .with("events", format!("{} in {} streams", report.events, report.streams))
        .with("signed", signed)
        // Not the public key, which is as long and looks alike.
        .with_some("key id", report.signed.as_ref().map(|signed| &signed.key))
        .with_some("not yet signed", (report.unsigned > 0).then(|| report.unsigned.to_string()))
        .with("verdict", verdict);
    format!("{findings}{}", record.render(style))
}

/// Cuts what is downloaded into lines, and hands them on at once.
#[derive(Default)]
struct Lines {
    verifier: Verifier,
    rest: Vec<u8>,
}

impl Lines {
    fn finish(mut self) -> Verifier {
        if !self.rest.is_empty() {
            self.verifier.line(&String::from_utf8_lossy(&self.rest));
        }
        self.verifier
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        let Some(last) = self.rest.iter().rposition(|byte| *byte == b'\n') else { return Ok(bytes.len()) };
        let rest = self.rest.split_off(last + 1);
        for line in self.rest.lines() {
            self.verifier.line(&line?);
        }
        self.rest = rest;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

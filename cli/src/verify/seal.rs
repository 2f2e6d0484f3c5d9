//! The signed checkpoint over the streams' heads.

use super::{
    Finding,
    hash::{Hash, PublicKey},
    line::{FORM, Statement},
    merkle,
    stream::Head,
    verifier::Signed,
};
use serde_json::json;

/// A checkpoint and where the scope stands in its tree.
#[derive(Debug)]
pub(super) struct Seal {
    pub(super) statement: String,
    pub(super) signature: String,
    pub(super) index: u64,
    pub(super) path: Vec<Hash>,
}

impl Seal {
    /// Checks that a trusted key signed a tree in which the scope has exactly these heads.
    pub(super) fn check(
        &self,
        scope: &str,
        heads: &[Head],
        trusted: &[PublicKey],
    ) -> Result<Signed, Vec<Finding>> {
        let statement: Statement = serde_json::from_str(&self.statement)
            .map_err(|error| vec![malformed(&format!("the statement cannot be read ({error})"))])?;
        let Statement(form, number, made_at, _events, scopes, root, _previous, key) = statement;
        if form != FORM {
            return Err(vec![malformed(&format!(
                "the statement has the form {form:?}, which this dbx does not know"
            ))]);
        }
        let mut findings = Vec::new();
        if merkle::climb(merkle::leaf(&leaf(scope, heads)), self.index, scopes, &self.path) != Some(root) {
            findings.push(Finding::NotCovered { number });
        }
        match trusted.iter().find(|trusted| trusted.id() == key) {
            None => findings.push(Finding::Untrusted { number, key: key.clone() }),
            Some(trusted) if !trusted.signed(&self.statement, &self.signature) => {
                findings.push(Finding::Forged { number, key: key.clone() });
            }
            Some(_) => {}
        }
        let hash = Hash::of(&[self.statement.as_bytes()]);
        if findings.is_empty() { Ok(Signed { number, made_at, key, hash }) } else { Err(findings) }
    }
}

/// `["scope", name, number of streams, root of the scope's tree]`.
fn leaf(scope: &str, heads: &[Head]) -> String {
    let leaves: Vec<Hash> = heads.iter().map(|head| merkle::leaf(&of_stream(head))).collect();
    json!(["scope", scope, heads.len(), merkle::root(&leaves).to_string()]).to_string()
}

/// `["stream", type, id, sequence, hash, times]`. Arrays of texts and whole numbers have one canonical spelling.
fn of_stream(head: &Head) -> String {
    json!(["stream", head.kind, head.id, head.sequence, head.hash.to_string(), head.times.to_string()])
        .to_string()
}

fn malformed(why: &str) -> Finding {
    Finding::Malformed { line: 2, why: why.to_owned() }
}

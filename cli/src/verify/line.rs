//! The lines of an export.

use super::hash::Hash;
use serde::Deserialize;

/// One line. Fields that are not known are left alone: a newer server may say more.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Line {
    Chain {
        version: u32,
        scope: String,
    },
    Checkpoint {
        statement: String,
        signature: String,
        index: u64,
        path: Vec<Hash>,
    },
    Head {
        #[serde(rename = "type")]
        kind: String,
        id: String,
        sequence: u64,
        hash: Hash,
        times: Hash,
    },
    Event {
        content: String,
        /// Null if another program wrote it; never missing, or leaving it out would hide an edit.
        #[serde(deserialize_with = "Option::deserialize")]
        hash: Option<Hash>,
        #[serde(rename = "recordedAtMicros")]
        micros: i64,
    },
    End {
        events: u64,
    },
}

/// What a checkpoint signs: `["dbx checkpoint 1", number, made_at, events, scopes, root, previous, key_id]`.
#[derive(Debug, Deserialize)]
pub(super) struct Statement(
    pub(super) String,
    pub(super) u64,
    pub(super) String,
    pub(super) u64,
    pub(super) u64,
    pub(super) Hash,
    pub(super) Option<Hash>,
    pub(super) String,
);

/// The name of the form of statements that is known here.
pub(super) const FORM: &str = "dbx checkpoint 1";

/// Of which stream an event is, and which: the first three members of its content.
pub(super) fn place(content: &str) -> Result<(String, String, u64), String> {
    let members: Vec<&serde_json::value::RawValue> =
        serde_json::from_str(content).map_err(|error| format!("the content is no JSON ({error})"))?;
    let [kind, id, sequence, ..] = members.as_slice() else {
        return Err("the content does not name its stream".to_owned());
    };
    let wrong = |error: serde_json::Error| format!("the content does not name its stream ({error})");
    Ok((
        serde_json::from_str(kind.get()).map_err(wrong)?,
        serde_json::from_str(id.get()).map_err(wrong)?,
        serde_json::from_str(sequence.get()).map_err(wrong)?,
    ))
}

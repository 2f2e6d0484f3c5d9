//! Every event of the domain in words and as a deed, written down: `sentences.txt`. Whoever adds an event or changes a
//! sentence sees it there. `DBX_UPDATE_GOLDEN=1` writes the file anew.

use cqrs_es::{Aggregate, DomainEvent};
use dbx_domain::{ids::AccountId, time::Timestamp};
use dbx_projections::{
    audit::action,
    narrative::{self, Happened, Names, Subjects},
};
use dbx_sql::{Actor, NewEvent, RecordedEvent, Xid};
use std::{fmt::Write as _, fs, path::PathBuf};
use uuid::Uuid;

/// Ids are new in each run.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.split_once('_').is_some_and(|(kind, id)| kind.len() == 3 && id.len() >= 26);
    let words = text.split_inclusive([' ', ',', '"', ':', ';']);
    words
        .map(|word| {
            let bare = word.trim_end_matches([' ', ',', '"', ':', ';']);
            match is_id(bare) {
                true => format!("{}_…{}", &bare[..3], &word[bare.len()..]),
                false => word.to_owned(),
            }
        })
        .collect()
}

/// Tells the events of one stream and compares with what is written down.
pub(crate) fn check<'a, A: Aggregate>(id: &str, events: impl Iterator<Item = &'a A::Event>)
where
    A::Event: 'a,
{
    let actor = Actor::Account(AccountId::from_uuid(Uuid::nil()));
    let mut subjects = Subjects::default();
    let mut text = String::new();
    for (sequence, event) in (1..).zip(events) {
        let new = NewEvent::of(event).unwrap();
        let recorded = RecordedEvent {
            position: 1,
            xid: Xid(3),
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id: id.to_owned(),
            sequence,
            event_type: event.event_type(),
            event_version: new.event_version,
            payload: new.payload,
            metadata: serde_json::Value::Null,
            recorded_at: Timestamp::EPOCH,
            hash: None,
        };
        let happened = Happened::read(&recorded).unwrap().unwrap();
        let told = narrative::tell(&happened, &actor, id, subjects.of(id));
        let deed = action::of(&happened, id, subjects.of(id));
        subjects.evolve(id, &happened);
        let (detail, sentence) = (if told.detail { "detail" } else { "outline" }, told.sentence);
        let severity = told.severity.name();
        let sentence = Names::default().fill(&sentence);
        writeln!(text, "{}: {severity}, {detail}: {sentence}", recorded.event_type).unwrap();
        match deed {
            Some(deed) => {
                assert!(action::ACTIONS.contains(&deed.action), "{} is not in the list", deed.action);
                let name = deed.resource_name.unwrap_or_else(|| "–".to_owned());
                writeln!(text, "    {} of {} {name}", deed.action, deed.resource_kind).unwrap();
                for (what, value) in [("before", deed.before), ("after", deed.after)] {
                    value.into_iter().for_each(|value| writeln!(text, "    {what} {value}").unwrap());
                }
            }
            None => writeln!(text, "    no deed").unwrap(),
        }
    }
    compare(A::TYPE, &without_ids(&text));
}

fn compare(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/sentences/{name}.txt"));
    if std::env::var_os("DBX_UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, golden, "sentences changed; look, then DBX_UPDATE_GOLDEN=1");
}

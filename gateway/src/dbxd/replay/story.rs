//! The whole story: every stream that belongs to the subject, in the order of the log.

use super::{
    lanes::Lane,
    moments::{self, Moment},
};
use crate::{Failure, migrate::upcasters};
use dbx_domain::{
    ids::{InstanceId, OrgId, ProjectId},
    time::Timestamp,
};
use dbx_projections::narrative::{Names, mention::MARK};
use dbx_sql::{Database, EventStore, MAX_PAGE, RecordedEvent, checkpoint::export::streams_of};
use serde::Serialize;

/// What is replayed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    Org(OrgId),
    Project(ProjectId),
    Instance(InstanceId),
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Story {
    /// What it is about.
    pub(super) subject: String,
    /// Where it begins, if that was asked for.
    pub(super) from: Option<Timestamp>,
    /// Where it ends, if that was asked for.
    pub(super) to: Option<Timestamp>,
    /// Decisions of the engine that were decided again.
    pub(super) decisions: usize,
    /// Those that today's engine would take otherwise.
    pub(super) divergences: usize,
    /// A line for each instance.
    pub(super) lanes: Vec<Lane>,
    /// In the order of the log.
    pub(super) moments: Vec<Moment>,
}

type Range = (Option<Timestamp>, Option<Timestamp>);

/// Reads and tells it; `by_id` leaves people and keys without names.
///
/// # Errors
/// The database cannot be read, an event cannot be, or there is no such thing.
pub(super) async fn tell(
    database: &Database,
    subject: Subject,
    range: Range,
    by_id: bool,
) -> Result<Story, Failure> {
    let mut story = Story::of(subject, range);
    let store = EventStore::new(database.clone(), vec![]);
    match subject {
        Subject::Instance(instance) => story.instance(&store, &instance.to_string(), None).await?,
        Subject::Org(org) => {
            let events = read(&store, "org", &org.to_string()).await?;
            story.add(moments::of_org(events, &upcasters())?);
            story.instances_of(database, &store, org, None).await?;
        }
        Subject::Project(project) => {
            let found = dbx_projections::projects::find(database, project).await?;
            let org = found.ok_or("there is no such project, or it was deleted; replay its org")?.org;
            story.instances_of(database, &store, org, Some(project)).await?;
        }
    }
    if story.moments.is_empty() && story.lanes.is_empty() {
        return Err(format!("the log holds nothing of {}; check the id", story.subject).into());
    }
    story.finish();
    let names = match by_id {
        true => None,
        false => Some(story.names(database).await?),
    };
    story.call(names.as_ref());
    Ok(story)
}

impl Story {
    fn of(subject: Subject, (from, to): Range) -> Self {
        let subject = match subject {
            Subject::Org(org) => org.to_string(),
            Subject::Project(project) => project.to_string(),
            Subject::Instance(instance) => instance.to_string(),
        };
        Self { subject, from, to, decisions: 0, divergences: 0, lanes: Vec::new(), moments: Vec::new() }
    }

    async fn instances_of(
        &mut self,
        database: &Database,
        store: &EventStore,
        org: OrgId,
        project: Option<ProjectId>,
    ) -> Result<(), Failure> {
        let mut after = None;
        loop {
            let found = streams_of(database, &org.to_string(), after.as_ref()).await?;
            for (_, id) in found.iter().filter(|(kind, _)| kind == "instance") {
                self.instance(store, id, project).await?;
            }
            match found.last() {
                Some(last) => after = Some(last.clone()),
                None => return Ok(()),
            }
        }
    }

    async fn instance(
        &mut self,
        store: &EventStore,
        id: &str,
        project: Option<ProjectId>,
    ) -> Result<(), Failure> {
        let events = read(store, "instance", id).await?;
        if events.is_empty() {
            return Ok(());
        }
        let (moments, state, mut lane) = moments::of_instance(id, events, &upcasters())?;
        let elsewhere = |project| state.identity().is_none_or(|identity| identity.project != project);
        if project.is_some_and(elsewhere) {
            return Ok(());
        }
        let (from, to) = (self.from, self.to);
        lane.clip(|at| is_in(at, from, to), from);
        self.lanes.push(lane);
        self.add(moments);
        Ok(())
    }

    fn add(&mut self, moments: Vec<Moment>) {
        let (from, to) = (self.from, self.to);
        self.moments.extend(moments.into_iter().filter(|moment| is_in(moment.time, from, to)));
    }

    fn finish(&mut self) {
        self.moments.sort_by(|a, b| a.position.cmp(&b.position));
        let decisions = || self.moments.iter().filter_map(|moment| moment.decision.as_ref());
        let (all, other) = (decisions().count(), decisions().filter(|one| one.today.is_some()).count());
        (self.decisions, self.divergences) = (all, other);
    }
}

impl Story {
    /// Every text that may mention somebody.
    fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        self.moments.iter_mut().flat_map(|moment| {
            let sentences = moment.events.iter_mut().map(|event| &mut event.sentence);
            sentences.chain([&mut moment.actor])
        })
    }

    async fn names(&mut self, database: &Database) -> Result<Names, Failure> {
        let texts: Vec<String> = self.texts().map(|text| text.clone()).collect();
        Ok(Names::find(database, texts.iter().map(String::as_str), []).await?)
    }

    /// Puts names, or else ids, in place of mentions.
    fn call(&mut self, names: Option<&Names>) {
        for text in self.texts() {
            *text = match names {
                Some(names) => names.fill(text),
                None => text.replace(MARK, ""),
            };
        }
    }
}

fn is_in(at: Timestamp, from: Option<Timestamp>, to: Option<Timestamp>) -> bool {
    from.is_none_or(|from| from <= at) && to.is_none_or(|to| at <= to)
}

async fn read(store: &EventStore, kind: &str, id: &str) -> Result<Vec<RecordedEvent>, Failure> {
    let mut events = Vec::new();
    loop {
        let page = store.read_stream(kind, id, events.len() as u64 + 1, MAX_PAGE).await?;
        let is_last = page.len() < MAX_PAGE as usize;
        events.extend(page);
        if is_last {
            return Ok(events);
        }
    }
}

//! Name, labels and protection of an instance.

use crate::{
    instance::{and, deleted, ordered, parked, requested, run, running, under_way},
    sample::{resource_name, workflow},
    scenario::{Case, accepted, refused},
};
use dbx_domain::{
    Instance,
    instance::{
        InstanceCommand as Command, InstanceError as Error, InstanceEvent as Event, WorkflowKind as Kind,
    },
    name::Tags,
};
use std::collections::BTreeMap;

fn tags() -> Tags {
    Tags::new(BTreeMap::from([("env".to_owned(), "prod".to_owned())])).unwrap()
}

fn rename(name: &str) -> Command {
    Command::Rename(resource_name(name))
}

pub(crate) fn acceptances() -> Vec<Case<Instance>> {
    let renamed = Event::InstanceRenamed { name: resource_name("api") };
    let tagged = Event::TagsChanged { tags: tags() };
    let protected = |protected| Event::ProtectionChanged { protected };
    let delete = Command::Run(Kind::Delete, run(7));
    vec![
        accepted(&ordered(), rename("api"), vec![renamed.clone()]),
        accepted(&ordered(), rename("db"), vec![]),
        accepted(&and(ordered(), [renamed]), rename("api"), vec![]),
        accepted(&running(), Command::SetTags(tags()), vec![tagged.clone()]),
        accepted(&and(running(), [tagged]), Command::SetTags(tags()), vec![]),
        accepted(&under_way(Kind::Stop), Command::Protect(true), vec![protected(true)]),
        accepted(&running(), Command::Protect(false), vec![]),
        accepted(
            &and(running(), [protected(true), protected(false)]),
            delete,
            vec![requested(7, Kind::Delete)],
        ),
        // A delete that is stuck can be looked at with a new name.
        accepted(&and(under_way(Kind::Delete), [parked(5)]), Command::Protect(true), vec![protected(true)]),
    ]
}

pub(crate) fn refusals() -> Vec<Case<Instance>> {
    let busy = |id| Error::Busy { workflow: workflow(id), kind: Kind::Delete };
    let waits = and(under_way(Kind::Stop), [requested(6, Kind::Delete)]);
    let protected = and(running(), [Event::ProtectionChanged { protected: true }]);
    vec![
        refused(&[], rename("api"), Error::Absent),
        refused(&deleted(), Command::SetTags(tags()), Error::Absent),
        refused(&under_way(Kind::Delete), Command::Protect(true), busy(5)),
        refused(&waits, rename("api"), busy(6)),
        refused(&protected, Command::Run(Kind::Delete, run(7)), Error::Protected),
    ]
}

//! Whatever is asked of an org in whatever order: what must hold in every state it can reach.

use crate::{
    sample::{account, at, display_name, instance, invitation, org, project, resource_name},
    scenario::advance,
};
use dbx_domain::{
    Org,
    ids::{InstanceId, ProjectId},
    name::ResourceName,
    org::{OrgCommand as Command, OrgError as Error, OrgEvent as Event, Quota},
    plan::{Plan, Size},
    policy::Role,
};
use proptest::{prelude::*, sample::select};
use std::collections::{BTreeMap, BTreeSet};

fn role() -> impl Strategy<Value = Role> {
    select(&Role::ALL[..])
}

fn name() -> impl Strategy<Value = ResourceName> {
    select(vec!["alpha", "beta", "gamma"]).prop_map(resource_name)
}

/// Any size on offer, not only the smallest.
fn any_size() -> impl Strategy<Value = Size> {
    (select(&Plan::ALL[..]), any::<bool>())
        .prop_map(|(plan, largest)| Size::new(plan, largest.then_some(plan.spec().disk_gib_max)).unwrap())
}

/// Small enough to be reached, on any of its limits.
fn quota() -> impl Strategy<Value = Quota> {
    (0..8u64, 0..24u64, 0..48u64, 0..1_000u64).prop_map(|(instances, vcpus, memory_gib, disk_gib)| Quota {
        instances,
        vcpus,
        memory_mib: memory_gib * 1_024,
        disk_gib,
    })
}

fn person() -> impl Strategy<Value = Command> {
    prop_oneof![
        (0..4u128, role(), role()).prop_map(|(who, role, by)| Command::ChangeRole {
            account: account(who),
            role,
            by
        }),
        (0..4u128, role()).prop_map(|(who, by)| Command::RemoveMember { account: account(who), by }),
        (0..4u128).prop_map(|who| Command::Leave(account(who))),
        (0..6u128, role()).prop_map(|(id, role)| Command::Invite {
            invitation: invitation(id),
            role,
            expires_at: at(100),
            by: Role::Owner,
            invitee: None,
            instead_of: vec![],
        }),
        (0..6u128, 0..4u128, 0..110u64).prop_map(|(id, who, now)| Command::AcceptInvitation {
            invitation: invitation(id),
            account: account(who),
            now: at(now),
        }),
        (0..6u128).prop_map(|id| Command::RevokeInvitation(invitation(id))),
    ]
}

fn thing() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => (0..4u128, name()).prop_map(|(id, name)| Command::CreateProject { project: project(id), name }),
        1 => (0..4u128, name()).prop_map(|(id, name)| Command::RenameProject { project: project(id), name }),
        1 => (0..4u128).prop_map(|id| Command::DeleteProject(project(id))),
        8 => (0..9u128, 0..4u128, name(), any_size()).prop_map(|(id, into, name, size)| {
            Command::AdmitInstance { instance: instance(id), project: project(into), name, size }
        }),
        1 => (0..9u128, name()).prop_map(|(id, name)| Command::RenameInstance { instance: instance(id), name }),
        2 => (0..9u128).prop_map(|id| Command::ReleaseInstance(instance(id))),
        1 => quota().prop_map(Command::SetQuota),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let create = Command::Create { org: org(1), name: display_name("Acme"), owner: account(0) };
    prop_oneof![
        10 => person(),
        20 => thing(),
        1 => Just(create),
        1 => Just(Command::Rename(display_name("Other"))),
        1 => Just(Command::Delete),
    ]
}

/// What the events say, kept apart from how the aggregate keeps it.
#[derive(Default)]
struct Told {
    projects: BTreeMap<ProjectId, ResourceName>,
    instances: BTreeMap<InstanceId, (ProjectId, ResourceName, Size)>,
}

impl Told {
    fn hear(&mut self, event: &Event) {
        match event.clone() {
            Event::ProjectCreated { project, name } => {
                assert!(self.projects.insert(project, name).is_none(), "created twice: {project}");
            }
            Event::ProjectRenamed { project, name } => {
                assert!(self.projects.insert(project, name).is_some(), "renamed from nothing: {project}");
            }
            Event::ProjectDeleted { project } => {
                assert!(self.projects.remove(&project).is_some());
                assert!(self.instances.values().all(|(of, ..)| *of != project), "deleted with its instances");
            }
            Event::InstanceAdmitted { instance, project, name, size } => {
                assert!(self.projects.contains_key(&project), "admitted into nothing");
                let known = self.instances.insert(instance, (project, name, size));
                assert!(known.is_none(), "admitted twice: {instance}");
            }
            Event::InstanceReleased { instance } => {
                assert!(self.instances.remove(&instance).is_some(), "released twice: {instance}");
            }
            Event::InstanceNameChanged { instance, name } => {
                assert!(self.instances.contains_key(&instance), "renamed from nothing");
                self.instances.entry(instance).and_modify(|known| known.1 = name);
            }
            Event::OrgDeleted {} => assert!(self.instances.is_empty(), "deleted with its instances"),
            _ => {}
        }
    }

    fn usage(&self) -> Quota {
        let sum =
            |part: fn(&Size) -> u32| self.instances.values().map(|(.., size)| u64::from(part(size))).sum();
        Quota {
            instances: self.instances.len() as u64,
            vcpus: sum(|size| size.plan().spec().vcpus),
            memory_mib: sum(|size| size.plan().spec().memory_mib),
            disk_gib: sum(|size| size.disk_gib()),
        }
    }

    fn assert_names_are_unique(&self) {
        let projects: BTreeSet<_> = self.projects.values().collect();
        assert_eq!(projects.len(), self.projects.len(), "two projects share a name");
        let instances: BTreeSet<_> = self.instances.values().map(|(of, name, _)| (of, name)).collect();
        assert_eq!(instances.len(), self.instances.len(), "two instances of a project share a name");
    }
}

fn fits(usage: Quota, quota: Quota) -> bool {
    usage.instances <= quota.instances
        && usage.vcpus <= quota.vcpus
        && usage.memory_mib <= quota.memory_mib
        && usage.disk_gib <= quota.disk_gib
}

/// Asks one thing and checks everything that must hold after it.
fn ask(state: &mut Org, told: &mut Told, command: Command) {
    let before = state.clone();
    match advance(state, command) {
        Ok(events) => {
            events.iter().for_each(|event| told.hear(event));
            if events.iter().any(|event| matches!(event, Event::InstanceAdmitted { .. })) {
                assert!(fits(state.usage(), state.quota()), "admitted over the quota");
            }
        }
        Err(Error::QuotaExceeded { limit, used, asked, .. }) => assert!(used + asked > limit),
        Err(_) => assert_eq!(*state, before),
    }
    assert!(state.members().values().any(|role| *role == Role::Owner), "nobody is in charge");
    assert_eq!(state.usage(), told.usage());
    told.assert_names_are_unique();
}

proptest! {
    #[test]
    fn an_org_keeps_its_promises(commands in prop::collection::vec(command(), 1..120)) {
        let (mut state, mut told) = (Org::default(), Told::default());
        let create = Command::Create { org: org(1), name: display_name("Acme"), owner: account(0) };
        ask(&mut state, &mut told, create);
        for command in commands {
            ask(&mut state, &mut told, command);
        }
    }

    /// Deciding reads neither clock nor chance: the same history gives the same answer.
    #[test]
    fn deciding_again_decides_the_same(commands in prop::collection::vec(command(), 1..60)) {
        let (mut one, mut two) = (Org::default(), Org::default());
        for command in commands {
            prop_assert_eq!(advance(&mut one, command.clone()), advance(&mut two, command));
            prop_assert_eq!(&one, &two);
        }
    }
}

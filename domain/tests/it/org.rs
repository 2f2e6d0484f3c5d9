//! Org: every command, every refusal.

use crate::{
    sample::{account, at, display_name, instance, invitation, org, project, resource_name, size},
    scenario::{Case, accepted, assert_all_covered, check, folded, refused, variants},
};
use dbx_domain::{
    Org,
    ids::WebhookId,
    org::{
        OrgCommand as Command, OrgError as Error, OrgEvent as Event, ProjectQuota, Quota, QuotaOf,
        WEBHOOKS_MAX, WebhookChange,
    },
    plan::Plan,
    policy::Role,
};

variants!(COMMANDS, command_name, Command {
    Create Rename Delete ChangeRole RemoveMember Leave Invite AcceptInvitation RevokeInvitation CreateProject
    RenameProject DeleteProject SetQuota SetProjectQuota AdmitInstance RenameInstance ReleaseInstance
    ChangeWebhook
});
variants!(ERRORS, error_name, Error {
    Exists Absent NotEmpty NoSuchMember MemberExists MemberInvited LastOwner Outranked NoSuchInvitation InvitationExpired
    NoSuchProject ProjectNameTaken ProjectNotEmpty NoSuchInstance InstanceNameTaken QuotaExceeded
    NoSuchWebhook TooManyWebhooks
});

fn create(id: u128) -> Command {
    Command::Create { org: org(id), name: display_name("Acme"), owner: account(1) }
}

fn created() -> Vec<Event> {
    vec![Event::OrgCreated { org: org(1), name: display_name("Acme"), owner: account(1) }]
}

fn deleted() -> Vec<Event> {
    and_deleted(created())
}

fn and_deleted(before: Vec<Event>) -> Vec<Event> {
    [before, vec![Event::OrgDeleted {}]].concat()
}

fn with_member() -> Vec<Event> {
    [created(), vec![Event::MemberAdded { account: account(2), role: Role::Member }]].concat()
}

fn with_two_owners() -> Vec<Event> {
    [created(), vec![Event::MemberAdded { account: account(2), role: Role::Owner }]].concat()
}

fn issued() -> Event {
    Event::InvitationIssued { invitation: invitation(1), role: Role::Admin, expires_at: at(60) }
}

fn invited() -> Vec<Event> {
    [created(), vec![issued()]].concat()
}

fn remove(who: u128, by: Role) -> Command {
    Command::RemoveMember { account: account(who), by }
}

fn change_as(by: Role, who: u128, role: Role) -> Command {
    Command::ChangeRole { account: account(who), role, by }
}

fn invite(role: Role, by: Role) -> Command {
    Command::Invite {
        invitation: invitation(1),
        role,
        expires_at: at(60),
        by,
        invitee: None,
        instead_of: vec![],
    }
}

fn invite_again(who: u128, instead_of: &[u128]) -> Command {
    Command::Invite {
        invitation: invitation(2),
        role: Role::Viewer,
        expires_at: at(60),
        by: Role::Owner,
        invitee: Some(account(who)),
        instead_of: instead_of.iter().copied().map(invitation).collect(),
    }
}

fn webhook(id: u128, change: WebhookChange) -> Command {
    let webhook = WebhookId::from_uuid(uuid::Uuid::from_u128(id));
    Command::ChangeWebhook { webhook, change, reason: None }
}

fn webhook_changed(id: u128, change: WebhookChange) -> Event {
    let webhook = WebhookId::from_uuid(uuid::Uuid::from_u128(id));
    Event::WebhookChanged { webhook, change, reason: None }
}

fn with_webhooks(count: usize) -> Vec<Event> {
    let made = (0..count as u128).map(|id| webhook_changed(id, WebhookChange::Created));
    created().into_iter().chain(made).collect()
}

fn rename_instance(id: u128, name: &str) -> Command {
    Command::RenameInstance { instance: instance(id), name: resource_name(name) }
}

fn outranked(role: Role) -> Error {
    Error::Outranked { by: Role::Admin, role }
}

fn accept(id: u128, who: u128, now: u64) -> Command {
    Command::AcceptInvitation { invitation: invitation(id), account: account(who), now: at(now) }
}

fn project_created(id: u128, name: &str) -> Event {
    Event::ProjectCreated { project: project(id), name: resource_name(name) }
}

fn with_projects() -> Vec<Event> {
    [created(), vec![project_created(1, "web"), project_created(2, "ops")]].concat()
}

fn create_project(id: u128, name: &str) -> Command {
    Command::CreateProject { project: project(id), name: resource_name(name) }
}

fn rename_project(id: u128, name: &str) -> Command {
    Command::RenameProject { project: project(id), name: resource_name(name) }
}

fn admit(id: u128, into: u128, name: &str) -> Command {
    let (instance, project, name) = (instance(id), project(into), resource_name(name));
    Command::AdmitInstance { instance, project, name, size: size(Plan::Nano) }
}

fn admitted(id: u128, into: u128, name: &str) -> Event {
    let (instance, project, name) = (instance(id), project(into), resource_name(name));
    Event::InstanceAdmitted { instance, project, name, size: size(Plan::Nano) }
}

fn with_instance() -> Vec<Event> {
    [with_projects(), vec![admitted(1, 1, "db")]].concat()
}

/// One nano fits exactly.
fn one_nano() -> Quota {
    Quota { instances: 1, vcpus: 1, memory_mib: 2_048, disk_gib: 20 }
}

fn with_two() -> Vec<Event> {
    [with_instance(), vec![admitted(2, 1, "api")]].concat()
}

fn limited(quota: Quota) -> Vec<Event> {
    [with_projects(), vec![Event::QuotaSet { quota }]].concat()
}

fn limit_project(id: u128, instances: u64) -> Command {
    let quota = ProjectQuota { instances: Some(instances), ..ProjectQuota::default() };
    Command::SetProjectQuota { project: project(id), quota }
}

fn project_limited(id: u128, instances: u64) -> Event {
    let quota = ProjectQuota { instances: Some(instances), ..ProjectQuota::default() };
    Event::ProjectQuotaSet { project: project(id), quota }
}

fn people() -> Vec<Case<Org>> {
    let demoted = Event::MemberRoleChanged { account: account(1), role: Role::Viewer };
    let joined = vec![
        Event::InvitationAccepted { invitation: invitation(1), account: account(2) },
        Event::MemberAdded { account: account(2), role: Role::Admin },
    ];
    let change = |who, role| Command::ChangeRole { account: account(who), role, by: Role::Owner };
    let promoted = Event::MemberRoleChanged { account: account(2), role: Role::Owner };
    let invite = invite(Role::Admin, Role::Admin);
    let revoked = vec![Event::InvitationRevoked { invitation: invitation(1) }];
    let newest =
        Event::InvitationIssued { invitation: invitation(2), role: Role::Viewer, expires_at: at(60) };
    let replaced = [revoked.clone(), vec![newest]].concat();
    vec![
        accepted(
            &created(),
            webhook(1, WebhookChange::Created),
            vec![webhook_changed(1, WebhookChange::Created)],
        ),
        accepted(&with_webhooks(2), webhook(1, WebhookChange::Created), vec![]),
        accepted(&with_webhooks(2), webhook(1, WebhookChange::Enabled), vec![]),
        accepted(
            &with_webhooks(2),
            webhook(1, WebhookChange::Disabled),
            vec![webhook_changed(1, WebhookChange::Disabled)],
        ),
        accepted(&with_member(), change(2, Role::Owner), vec![promoted]),
        accepted(&with_member(), change(2, Role::Member), vec![]),
        accepted(&created(), change(1, Role::Owner), vec![]),
        accepted(&with_two_owners(), change(1, Role::Viewer), vec![demoted]),
        accepted(
            &with_two_owners(),
            remove(1, Role::Owner),
            vec![Event::MemberRemoved { account: account(1) }],
        ),
        accepted(
            &with_member(),
            Command::Leave(account(2)),
            vec![Event::MemberRemoved { account: account(2) }],
        ),
        accepted(&created(), invite.clone(), vec![issued()]),
        accepted(&invited(), invite, vec![]),
        accepted(&invited(), invite_again(2, &[1, 3]), replaced),
        accepted(&invited(), accept(1, 2, 59), joined),
        accepted(&invited(), Command::RevokeInvitation(invitation(1)), revoked),
    ]
}

fn things() -> Vec<Case<Org>> {
    let renamed = |id, name| Event::ProjectRenamed { project: project(id), name: resource_name(name) };
    let gone = [with_instance(), vec![Event::InstanceReleased { instance: instance(1) }]].concat();
    vec![
        accepted(&created(), create_project(1, "web"), vec![project_created(1, "web")]),
        accepted(&with_projects(), create_project(1, "web"), vec![]),
        accepted(&with_projects(), rename_project(1, "shop"), vec![renamed(1, "shop")]),
        accepted(&with_projects(), rename_project(1, "web"), vec![]),
        accepted(
            &with_projects(),
            Command::DeleteProject(project(2)),
            vec![Event::ProjectDeleted { project: project(2) }],
        ),
        accepted(&with_projects(), admit(1, 1, "db"), vec![admitted(1, 1, "db")]),
        accepted(&with_instance(), admit(1, 1, "db"), vec![]),
        accepted(&with_instance(), admit(2, 2, "db"), vec![admitted(2, 2, "db")]),
        accepted(&limited(one_nano()), admit(1, 1, "db"), vec![admitted(1, 1, "db")]),
        accepted(
            &with_instance(),
            rename_instance(1, "api"),
            vec![Event::InstanceNameChanged { instance: instance(1), name: resource_name("api") }],
        ),
        accepted(&with_instance(), rename_instance(1, "db"), vec![]),
        accepted(&gone, admit(2, 1, "db"), vec![admitted(2, 1, "db")]),
        accepted(
            &with_instance(),
            Command::ReleaseInstance(instance(1)),
            vec![Event::InstanceReleased { instance: instance(1) }],
        ),
        accepted(&gone, Command::ReleaseInstance(instance(1)), vec![]),
        accepted(&deleted(), Command::ReleaseInstance(instance(1)), vec![]),
    ]
}

fn itself() -> Vec<Case<Org>> {
    let name = display_name("Acme Ltd");
    vec![
        accepted(&[], create(1), created()),
        accepted(&created(), Command::Rename(name.clone()), vec![Event::OrgRenamed { name }]),
        accepted(&created(), Command::Rename(display_name("Acme")), vec![]),
        accepted(&limited(one_nano()), Command::SetQuota(one_nano()), vec![]),
        accepted(&with_projects(), Command::Delete, vec![Event::OrgDeleted {}]),
        accepted(
            &with_instance(),
            Command::SetQuota(one_nano()),
            vec![Event::QuotaSet { quota: one_nano() }],
        ),
        accepted(&with_projects(), limit_project(1, 1), vec![project_limited(1, 1)]),
        accepted(&[with_projects(), vec![project_limited(1, 1)]].concat(), limit_project(1, 1), vec![]),
    ]
}

fn refused_people() -> Vec<Case<Org>> {
    let demote = change_as(Role::Owner, 1, Role::Admin);
    let stranger = change_as(Role::Owner, 9, Role::Admin);
    let revoked = [invited(), vec![Event::InvitationRevoked { invitation: invitation(1) }]].concat();
    let used = Event::InvitationAccepted { invitation: invitation(1), account: account(2) };
    vec![
        refused(&with_member(), demote, Error::LastOwner),
        refused(&with_member(), remove(1, Role::Owner), Error::LastOwner),
        refused(&with_member(), Command::Leave(account(1)), Error::LastOwner),
        refused(&with_two_owners(), remove(2, Role::Admin), outranked(Role::Owner)),
        refused(&with_two_owners(), change_as(Role::Admin, 2, Role::Viewer), outranked(Role::Owner)),
        refused(&with_member(), change_as(Role::Admin, 2, Role::Owner), outranked(Role::Owner)),
        refused(&created(), invite(Role::Owner, Role::Admin), outranked(Role::Owner)),
        refused(&created(), stranger, Error::NoSuchMember),
        refused(&created(), limit_project(9, 1), Error::NoSuchProject),
        refused(&created(), remove(9, Role::Owner), Error::NoSuchMember),
        refused(&created(), accept(1, 2, 0), Error::NoSuchInvitation),
        refused(&revoked, accept(1, 2, 0), Error::NoSuchInvitation),
        refused(&[invited(), vec![used]].concat(), accept(1, 3, 0), Error::NoSuchInvitation),
        refused(&invited(), accept(1, 2, 60), Error::InvitationExpired),
        refused(&invited(), accept(1, 1, 0), Error::MemberExists),
        refused(&invited(), invite_again(1, &[1]), Error::MemberInvited),
        refused(&created(), Command::RevokeInvitation(invitation(1)), Error::NoSuchInvitation),
    ]
}

fn refused_things() -> Vec<Case<Org>> {
    let taken = |name| Error::ProjectNameTaken(resource_name(name));
    let occupied = Error::InstanceNameTaken(resource_name("db"));
    vec![
        refused(&created(), create(1), Error::Exists),
        refused(&deleted(), create(1), Error::Exists),
        refused(&and_deleted(with_projects()), create_project(1, "web"), Error::Absent),
        refused(&with_instance(), Command::Delete, Error::NotEmpty(1)),
        refused(&with_projects(), create_project(3, "web"), taken("web")),
        refused(&with_projects(), rename_project(1, "ops"), taken("ops")),
        refused(&created(), rename_project(1, "ops"), Error::NoSuchProject),
        refused(&created(), Command::DeleteProject(project(1)), Error::NoSuchProject),
        refused(&created(), webhook(1, WebhookChange::Updated), Error::NoSuchWebhook),
        refused(&with_webhooks(WEBHOOKS_MAX), webhook(99, WebhookChange::Created), Error::TooManyWebhooks),
        refused(&with_instance(), Command::DeleteProject(project(1)), Error::ProjectNotEmpty(1)),
        refused(&created(), admit(1, 1, "db"), Error::NoSuchProject),
        refused(&with_instance(), admit(2, 1, "db"), occupied.clone()),
        refused(&with_two(), rename_instance(2, "db"), occupied),
        refused(&with_projects(), rename_instance(1, "db"), Error::NoSuchInstance),
    ]
}

#[test]
fn every_command_is_accepted_where_it_fits() {
    let cases = || people().into_iter().chain(things()).chain(itself());
    assert_all_covered(COMMANDS, cases().map(|case| command_name(&case.when)));
    check(cases().collect());
}

/// Everything asked of an org that is not there. Creating is for the absent, and releasing twice is fine at any time.
fn absent() -> Vec<Case<Org>> {
    let commands = || people().into_iter().chain(things()).chain(itself()).map(|case| case.when);
    let lasting =
        |command: &Command| !matches!(command, Command::Create { .. } | Command::ReleaseInstance(_));
    let never = commands().filter(|command| !matches!(command, Command::Create { .. }));
    let no_longer = commands().filter(lasting);
    never
        .map(|command| refused(&[], command, Error::Absent))
        .chain(no_longer.map(|command| refused(&deleted(), command, Error::Absent)))
        .collect()
}

#[test]
fn every_refusal_happens() {
    let cases = || refused_people().into_iter().chain(refused_things()).chain(over_quota()).chain(absent());
    assert_all_covered(ERRORS, cases().filter_map(|case| case.then.as_ref().err().map(error_name)));
    check(cases().collect());
}

/// Each limit alone one below what a nano needs.
fn over_quota() -> Vec<Case<Org>> {
    let fits = one_nano();
    let tight = [
        ("instances", Quota { instances: 0, ..fits }, 0, 1),
        ("vCPUs", Quota { vcpus: 0, ..fits }, 0, 1),
        ("MiB of memory", Quota { memory_mib: 2_047, ..fits }, 2_047, 2_048),
        ("GiB of disk", Quota { disk_gib: 19, ..fits }, 19, 20),
    ];
    let case = |(resource, quota, limit, asked)| {
        let error = Error::QuotaExceeded { whose: QuotaOf::Org, resource, limit, used: 0, asked };
        refused(&limited(quota), admit(1, 1, "db"), error)
    };
    let of_project =
        Error::QuotaExceeded { whose: QuotaOf::Project, resource: "instances", limit: 1, used: 1, asked: 1 };
    let full = [with_instance(), vec![project_limited(1, 1)]].concat();
    tight.into_iter().map(case).chain([refused(&full, admit(2, 1, "api"), of_project)]).collect()
}

#[test]
fn a_projects_limits_are_its_own_and_the_operators_are_everybodys() {
    let full = [with_instance(), vec![project_limited(1, 1)]].concat();
    check::<Org>(vec![accepted(&full, admit(2, 2, "db"), vec![admitted(2, 2, "db")])]);
    let state: Org = folded(full);
    assert_eq!((state.usage_of(project(1)).instances, state.usage_of(project(2)).instances), (1, 0));
    assert!(
        state
            .fits_under(Quota { instances: 2, vcpus: 2, memory_mib: 4_096, disk_gib: 40 }, size(Plan::Nano))
            .is_ok()
    );
    let error = state.fits_under(one_nano(), size(Plan::Nano)).unwrap_err();
    assert!(error.to_string().starts_with("the operator's limit for an org of 1 instances"), "{error}");
    let again: Org = folded(
        [with_projects(), vec![project_limited(1, 1), Event::ProjectDeleted { project: project(1) }]]
            .concat(),
    );
    assert_eq!(again.project_quota(project(1)), ProjectQuota::default());
}

#[test]
fn usage_is_what_was_admitted_and_not_released() {
    let both: Org = folded([with_instance(), vec![admitted(2, 2, "db")]].concat());
    assert_eq!(both.usage(), Quota { instances: 2, vcpus: 2, memory_mib: 4_096, disk_gib: 40 });
    let none: Org =
        folded([with_instance(), vec![Event::InstanceReleased { instance: instance(1) }]].concat());
    assert_eq!(none.usage(), Quota { instances: 0, vcpus: 0, memory_mib: 0, disk_gib: 0 });
}

#[test]
fn lowering_the_quota_below_usage_stops_only_what_comes_next() {
    let quota = Quota { instances: 0, ..one_nano() };
    let state: Org = folded([with_instance(), vec![Event::QuotaSet { quota }]].concat());
    assert_eq!((state.quota(), state.usage().instances), (quota, 1));
}

//! Orgs, members, projects, invitations and API keys, as people see them.

use crate::stand::{Stand, seconds};
use dbx_domain::{
    Account, Org,
    account::AccountEvent,
    ids::{AccountId, ApiKeyId, InvitationId, OrgId, ProjectId},
    org::OrgEvent,
    policy::Role,
};
use dbx_projections::{PageRequest, api_keys, invitations, members, orgs, projects};
use dbx_sql::{
    Actor, Commit, CommitError, Metadata,
    source::people::{Person, PersonWrite},
};
use uuid::Uuid;

fn account() -> AccountId {
    AccountId::from_uuid(Uuid::now_v7())
}

async fn org_of(stand: &Stand, owner: AccountId) -> OrgId {
    let org = OrgId::from_uuid(Uuid::now_v7());
    let created = OrgEvent::OrgCreated { org, name: "Acme".parse().unwrap(), owner };
    stand.append::<Org>(org, &[created]).await.unwrap();
    org
}

#[tokio::test]
async fn an_org_has_a_version_that_every_event_moves() {
    let stand = Stand::new().await;
    let org = org_of(&stand, account()).await;
    let events = [
        OrgEvent::OrgRenamed { name: "Acme Ltd".parse().unwrap() },
        OrgEvent::QuotaSet { quota: dbx_domain::org::Quota::default() },
    ];
    stand.append::<Org>(org, &events).await.unwrap();
    let shown = orgs::find(stand.db(), org).await.unwrap().unwrap();
    assert_eq!((shown.name.as_str(), shown.version), ("Acme Ltd", 3));
}

#[tokio::test]
async fn members_come_with_their_names_until_those_are_erased() {
    let stand = Stand::new().await;
    let (owner, guest) = (account(), account());
    let org = org_of(&stand, owner).await;
    stand.append::<Org>(org, &[OrgEvent::MemberAdded { account: guest, role: Role::Viewer }]).await.unwrap();
    stand
        .append::<Org>(org, &[OrgEvent::MemberRoleChanged { account: guest, role: Role::Admin }])
        .await
        .unwrap();
    let person = Person { account: guest, email: "ada@example.com".into(), display_name: "Ada".into() };
    let writes = [PersonWrite::Put(person), PersonWrite::Erase(guest)];
    for (write, expected) in writes.into_iter().zip([Some("Ada"), None]) {
        stand.store.commit(Commit::new(Metadata::of(Actor::system("test"))).write(write)).await.unwrap();
        let page = members::page_of_org(stand.db(), org, &PageRequest::default()).await.unwrap();
        let shown = page.items.iter().find(|member| member.account == guest).unwrap();
        assert_eq!((shown.role, shown.display_name.as_deref()), (Role::Admin, expected));
        assert_eq!(page.items.len(), 2);
    }
    let mine = members::orgs_of(stand.db(), guest, &PageRequest::default()).await.unwrap();
    assert_eq!((mine.items[0].org, mine.items[0].role), (org, Role::Admin));
    stand.append::<Org>(org, &[OrgEvent::MemberRemoved { account: guest }]).await.unwrap();
    assert_eq!(members::role(stand.db(), org, guest).await.unwrap(), None);
    assert_eq!(members::role(stand.db(), org, owner).await.unwrap(), Some(Role::Owner));
}

#[tokio::test]
async fn a_deleted_org_opens_for_nobody() {
    let stand = Stand::new().await;
    let owner = account();
    let org = org_of(&stand, owner).await;
    let project = ProjectId::from_uuid(Uuid::now_v7());
    let invitation = InvitationId::from_uuid(Uuid::now_v7());
    let events = [
        OrgEvent::ProjectCreated { project, name: "app".parse().unwrap() },
        OrgEvent::InvitationIssued { invitation, role: Role::Member, expires_at: seconds(1_000_000_000) },
        OrgEvent::OrgDeleted {},
    ];
    stand.append::<Org>(org, &events).await.unwrap();
    assert_eq!(orgs::find(stand.db(), org).await.unwrap(), None);
    assert_eq!(members::role(stand.db(), org, owner).await.unwrap(), None);
    assert_eq!(projects::find(stand.db(), project).await.unwrap(), None);
    let shown = invitations::find(stand.db(), invitation).await.unwrap().unwrap();
    assert_eq!(shown.status, invitations::InvitationStatus::Revoked);
    let mine = members::orgs_of(stand.db(), owner, &PageRequest::default()).await.unwrap();
    assert_eq!(mine.items, []);
}

#[tokio::test]
async fn living_projects_of_an_org_have_different_names() {
    let stand = Stand::new().await;
    let org = org_of(&stand, account()).await;
    let (first, second) = (ProjectId::from_uuid(Uuid::now_v7()), ProjectId::from_uuid(Uuid::now_v7()));
    let create = |project| OrgEvent::ProjectCreated { project, name: "app".parse().unwrap() };
    stand.append::<Org>(org, &[create(first)]).await.unwrap();
    let refused = stand.append::<Org>(org, &[create(second)]).await;
    assert!(
        matches!(refused, Err(CommitError::Duplicate { constraint }) if constraint == "projects_living_name")
    );
    let renamed = OrgEvent::ProjectRenamed { project: first, name: "web".parse().unwrap() };
    stand.append::<Org>(org, &[renamed, create(second)]).await.unwrap();
    let by_name = projects::find_by_name(stand.db(), org, &"web".parse().unwrap()).await.unwrap();
    assert_eq!(by_name.map(|project| project.project), Some(first));
    stand.append::<Org>(org, &[OrgEvent::ProjectDeleted { project: first }]).await.unwrap();
    let page = projects::page_of_org(stand.db(), org, &PageRequest::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|project| project.project).collect::<Vec<_>>(), [second]);
}

#[tokio::test]
async fn only_usable_invitations_are_listed() {
    let stand = Stand::new().await;
    stand.db().set_fake_now(Some(seconds(0)));
    let org = org_of(&stand, account()).await;
    let [open, accepted, revoked, expired] = [(); 4].map(|()| InvitationId::from_uuid(Uuid::now_v7()));
    let issued = |invitation, until| OrgEvent::InvitationIssued {
        invitation,
        role: Role::Member,
        expires_at: seconds(until),
    };
    let guest = account();
    let events = [
        issued(open, 100),
        issued(accepted, 100),
        issued(revoked, 100),
        issued(expired, 10),
        OrgEvent::InvitationAccepted { invitation: accepted, account: guest },
        OrgEvent::InvitationRevoked { invitation: revoked },
    ];
    stand.append::<Org>(org, &events).await.unwrap();
    stand.db().set_fake_now(Some(seconds(50)));
    let page = invitations::page_of_org(stand.db(), org, &PageRequest::default()).await.unwrap();
    assert_eq!(page.items.iter().map(|shown| shown.invitation).collect::<Vec<_>>(), [open]);
    let used = invitations::find(stand.db(), accepted).await.unwrap().unwrap();
    assert_eq!((used.org, used.accepted_by), (org, Some(guest)));
}

#[tokio::test]
async fn keys_are_listed_until_revoked_and_work_until_they_expire() {
    let stand = Stand::new().await;
    stand.db().set_fake_now(Some(seconds(0)));
    let owner = account();
    let org = OrgId::from_uuid(Uuid::now_v7());
    let [first, second] = [(); 2].map(|()| ApiKeyId::from_uuid(Uuid::now_v7()));
    let issued = |key, expires_at| AccountEvent::ApiKeyIssued { key, org, ceiling: Role::Member, expires_at };
    let events = [
        AccountEvent::AccountRegistered { account: owner },
        issued(first, None),
        issued(second, Some(seconds(10))),
    ];
    stand.append::<Account>(owner, &events).await.unwrap();
    let key = api_keys::find(stand.db(), second).await.unwrap().unwrap();
    assert_eq!((key.account, key.org, key.ceiling), (owner, org, Role::Member));
    assert!(key.works_at(seconds(9)) && !key.works_at(seconds(10)));
    stand.append::<Account>(owner, &[AccountEvent::ApiKeyRevoked { key: first }]).await.unwrap();
    assert!(!api_keys::find(stand.db(), first).await.unwrap().unwrap().works_at(seconds(1)));
    let page = PageRequest::default();
    for listed in [
        api_keys::page_of_account(stand.db(), owner, &page).await.unwrap(),
        api_keys::page_of_org(stand.db(), org, &page).await.unwrap(),
    ] {
        assert_eq!(listed.items.iter().map(|key| key.key).collect::<Vec<_>>(), [second]);
    }
}

//! Pages neither repeat nor leave out, whatever comes between two of them.

use crate::stand::{Ordered, Stand, requested, seconds, workflow};
use dbx_domain::{
    Instance,
    ids::{InstanceId, ProjectId},
    instance::{InstanceEvent, Outcome, WorkflowKind},
};
use dbx_projections::{PageRequest, PageSize, instances, jobs};
use uuid::Uuid;

fn of_size(size: u32) -> PageRequest {
    PageRequest { size: PageSize::new(size).unwrap(), after: None }
}

/// Orders `count` instances in one project; every two of them at the same time.
async fn orders(stand: &Stand, project: ProjectId, count: u64) -> Vec<InstanceId> {
    let mut made = Vec::new();
    for index in 0..count {
        stand.db().set_fake_now(Some(seconds(index / 2)));
        let ordered = Ordered { project, ..Ordered::new() };
        stand.append::<Instance>(ordered.instance, &ordered.events()).await.unwrap();
        made.push(ordered.instance);
    }
    made
}

#[tokio::test]
async fn all_pages_together_are_the_list_newest_first() {
    let stand = Stand::new().await;
    let project = ProjectId::from_uuid(Uuid::now_v7());
    let mut expected = orders(&stand, project, 7).await;
    expected.reverse();
    orders(&stand, ProjectId::from_uuid(Uuid::now_v7()), 1).await;
    let (mut shown, mut request) = (Vec::new(), of_size(3));
    loop {
        let page = instances::page_of_project(stand.db(), project, false, &request).await.unwrap();
        shown.push(page.items.len());
        for item in page.items {
            assert_eq!(Some(&item.instance), expected.first());
            expected.remove(0);
        }
        // Something new between two pages shows up on none of the older ones.
        stand.db().set_fake_now(Some(seconds(1_000)));
        let newer = Ordered { project, ..Ordered::new() };
        stand.append::<Instance>(newer.instance, &newer.events()).await.unwrap();
        // The token travels as text.
        match page.next {
            Some(next) => request.after = Some(next.to_string().parse().unwrap()),
            None => break,
        }
    }
    assert_eq!((shown, expected), (vec![3, 3, 1], vec![]));
}

#[tokio::test]
async fn a_last_page_that_is_full_names_no_next_one() {
    let stand = Stand::new().await;
    let project = ProjectId::from_uuid(Uuid::now_v7());
    orders(&stand, project, 2).await;
    let page = instances::page_of_project(stand.db(), project, false, &of_size(2)).await.unwrap();
    assert_eq!((page.items.len(), page.next), (2, None));
}

#[tokio::test]
async fn deleted_instances_are_shown_only_on_request_and_free_their_name() {
    let stand = Stand::new().await;
    let ordered = stand.ordered().await;
    let name = "prod-db".parse().unwrap();
    let found = instances::find_by_name(stand.db(), ordered.project, &name).await.unwrap();
    assert_eq!(found.map(|instance| instance.instance), Some(ordered.instance));

    let end = |workflow, kind, outcome| InstanceEvent::WorkflowFinished { workflow, kind, outcome };
    let delete = workflow();
    let events = [
        end(ordered.create, WorkflowKind::Create, Outcome::Succeeded),
        requested(delete, WorkflowKind::Delete),
        end(delete, WorkflowKind::Delete, Outcome::Succeeded),
    ];
    stand.append::<Instance>(ordered.instance, &events).await.unwrap();
    assert_eq!(instances::find_by_name(stand.db(), ordered.project, &name).await.unwrap(), None);
    let count = async |with_deleted| {
        let page = PageRequest::default();
        instances::page_of_project(stand.db(), ordered.project, with_deleted, &page)
            .await
            .unwrap()
            .items
            .len()
    };
    assert_eq!((count(false).await, count(true).await), (0, 1));
}

#[tokio::test]
async fn jobs_are_listed_by_instance_and_by_project() {
    let stand = Stand::new().await;
    stand.db().set_fake_now(Some(seconds(0)));
    let ordered = stand.ordered().await;
    stand.db().set_fake_now(Some(seconds(1)));
    let delete = workflow();
    stand.append::<Instance>(ordered.instance, &[requested(delete, WorkflowKind::Delete)]).await.unwrap();
    let page = of_size(1);
    let by_instance = jobs::page_of_instance(stand.db(), ordered.instance, &page).await.unwrap();
    let by_project = jobs::page_of_project(stand.db(), ordered.project, &page).await.unwrap();
    assert_eq!(by_instance, by_project);
    assert_eq!(by_instance.items[0].workflow, delete);
    let next = PageRequest { after: by_instance.next, ..page };
    let older = jobs::page_of_project(stand.db(), ordered.project, &next).await.unwrap();
    assert_eq!((older.items[0].workflow, older.next), (ordered.create, None));
    let current = jobs::current_of_instance(stand.db(), ordered.instance).await.unwrap();
    assert_eq!(current.map(|job| job.workflow), Some(ordered.create), "the delete still waits");
}

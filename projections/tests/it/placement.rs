//! Reservations: nothing is given out twice.

use crate::stand::{Ordered, Stand, upcasters};
use dbx_domain::{Instance, ids::Ctid, instance::InstanceEvent};
use dbx_projections::reservations;
use dbx_sql::CommitError;
use std::net::Ipv4Addr;

fn reserved(ctid: u32, last: u8) -> InstanceEvent {
    let address = Ipv4Addr::new(10, 0, 0, last);
    InstanceEvent::PlacementReserved { node: "pve1".into(), ctid: Ctid(ctid), address }
}

async fn refused(stand: &Stand, ordered: &Ordered, event: InstanceEvent) -> String {
    match stand.append::<Instance>(ordered.instance, &[event]).await {
        Err(CommitError::Duplicate { constraint }) => constraint,
        other => panic!("expected a duplicate, got {other:?}"),
    }
}

#[tokio::test]
async fn a_number_is_used_once_for_ever_and_an_address_by_one_at_a_time() {
    let stand = Stand::new().await;
    let (first, second) = (stand.ordered().await, stand.ordered().await);
    stand.append::<Instance>(first.instance, &[reserved(500, 1)]).await.unwrap();
    assert_eq!(refused(&stand, &second, reserved(500, 2)).await, "reservations_pkey");
    assert_eq!(refused(&stand, &second, reserved(501, 1)).await, "reservations_address");
    assert_eq!(stand.store.load::<Instance>(&second.instance.to_string()).await.unwrap().head.sequence, 2);

    let released = InstanceEvent::PlacementReleased { ctid: Ctid(500) };
    stand.append::<Instance>(first.instance, &[released]).await.unwrap();
    assert_eq!(refused(&stand, &second, reserved(500, 2)).await, "reservations_pkey");
    stand.append::<Instance>(second.instance, &[reserved(501, 1)]).await.unwrap();

    // The address went from one stream to another within one page of the log.
    let before = stand.dump("reservations").await;
    dbx_projections::rebuild(stand.db(), &upcasters(), &["reservations"]).await.unwrap();
    assert_eq!(stand.dump("reservations").await, before);
}

#[tokio::test]
async fn a_reservation_counts_what_the_plan_buys() {
    let stand = Stand::new().await;
    let ordered = stand.ordered().await;
    stand.append::<Instance>(ordered.instance, &[reserved(700, 7)]).await.unwrap();
    let living = reservations::living(stand.db()).await.unwrap();
    let [one] = living.as_slice() else { panic!("{living:?}") };
    assert_eq!((one.ctid, one.instance, one.node.as_str()), (Ctid(700), ordered.instance, "pve1"));
    assert_eq!((one.vcpus, one.memory_mib, one.disk_gib), (4, 8_192, 100));
}

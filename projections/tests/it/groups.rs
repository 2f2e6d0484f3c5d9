//! Read models of commits that are written in groups are those of the same commits one by one.

use crate::{
    history::{Move, moves},
    stand::{Ordered, Stand, upcasters},
};
use cqrs_es::Aggregate;
use dbx_domain::{Decide, Instance};
use dbx_sql::{
    Actor, Append, Commit, Metadata, StreamHead,
    testing::{BusyWriters, queue},
};
use futures::future::join_all;
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

/// So many histories go on side by side, a move of each in a group.
const HISTORIES: usize = 24;

/// An instance on its way through a history.
struct Played {
    ordered: Ordered,
    instance: Instance,
    head: StreamHead,
    moves: std::vec::IntoIter<Move>,
}

impl Played {
    fn new(moves: Vec<Move>) -> Self {
        let (ordered, instance) = (Ordered::new(), Instance::default());
        Self { ordered, instance, head: StreamHead::NEW, moves: moves.into_iter() }
    }

    /// The events of the next move that leads to any.
    fn next(&mut self) -> Option<Commit> {
        let events = match self.head.sequence {
            0 => self.ordered.events().to_vec(),
            _ => loop {
                let command = self.moves.next()?.command(self.ordered.instance, &self.instance);
                let decided = self.instance.decide(command).unwrap_or_default();
                if !decided.is_empty() {
                    break decided;
                }
            },
        };
        let append = Append::of::<Instance>(self.ordered.instance.to_string(), self.head, &events).unwrap();
        events.into_iter().for_each(|event| self.instance.apply(event));
        Some(Commit::new(Metadata::of(Actor::system("test"))).append(append))
    }
}

#[tokio::test]
async fn a_group_shows_what_its_commits_alone_would_show() {
    let stand = Stand::new().await;
    let mut runner = TestRunner::deterministic();
    let mut draw = || Played::new(moves().new_tree(&mut runner).unwrap().current());
    let mut played: Vec<Played> = (0..HISTORIES).map(|_| draw()).collect();
    loop {
        let busy = BusyWriters::of(stand.test(), &stand.store).await;
        let mut queued = Vec::new();
        for (number, history) in played.iter_mut().enumerate() {
            if let Some(commit) = history.next() {
                queued.push((number, queue(&stand.store, commit).await));
            }
        }
        busy.let_go().await;
        if queued.is_empty() {
            break;
        }
        let (numbers, queued): (Vec<_>, Vec<_>) = queued.into_iter().unzip();
        let done: Vec<_> =
            join_all(queued).await.into_iter().map(|one| one.unwrap().appends[0].clone()).collect();
        assert!(done.windows(2).all(|pair| pair[0].xid == pair[1].xid), "one transaction");
        for (number, appended) in numbers.into_iter().zip(done) {
            played[number].head = appended.head;
        }
    }
    stand.catch_up().await;
    for name in dbx_projections::names() {
        let differing = dbx_projections::verify(stand.db(), &upcasters(), name).await.unwrap();
        assert!(differing.iter().all(|(_, rows)| *rows == 0), "{name}: {differing:?}");
    }
    assert!(!stand.dump("reservations").await.is_empty() && !stand.dump("job_steps").await.is_empty());
}

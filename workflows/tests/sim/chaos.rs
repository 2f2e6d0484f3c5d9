//! Everything that befalls a history from outside: workers die and hang, nodes go away, the clock jumps.

use crate::{
    checks,
    executor::Actor,
    worker::{Surroundings, Worker},
};
use dbx_domain::ids::Ctid;
use std::sync::{Arc, Mutex, atomic::Ordering};

/// The workers, and what can be done to them.
pub struct Fleet {
    around: Surroundings,
    workers: Mutex<Vec<Worker>>,
    lives: Mutex<u32>,
}

/// Actors that are no workers.
pub const USER: Actor = Actor(1);
pub const FATE: Actor = Actor(2);
const FIRST_WORKER: u32 = 3;

impl Fleet {
    pub fn new(around: &Surroundings, size: u64) -> Arc<Self> {
        let lives = Mutex::new(FIRST_WORKER);
        let fleet = Arc::new(Self { around: around.clone(), workers: Mutex::default(), lives });
        (0..size).for_each(|_| fleet.hire());
        fleet
    }

    fn hire(&self) {
        let mut lives = self.lives.lock().unwrap();
        let actor = Actor(*lives);
        *lives += 1;
        drop(lives);
        let worker = Worker::begin(&self.around, actor);
        self.workers.lock().unwrap().push(worker);
    }

    pub fn is_idle(&self) -> bool {
        !self.workers.lock().unwrap().iter().any(|worker| worker.is_busy(&self.around.sea))
    }

    /// Others take the place of those who died, after a while.
    fn replace_dead(self: &Arc<Self>) {
        let sea = &self.around.sea;
        for actor in sea.bury() {
            self.workers.lock().unwrap().retain(|worker| worker.actor != actor);
            let fleet = Arc::clone(self);
            sea.later(sea.dice().within(10..=20_000), move || fleet.hire());
        }
    }

    /// A worker is told to stop; its successor is there already.
    fn restart(self: &Arc<Self>) {
        let Some(worker) = self.take() else { return };
        self.around.sea.note_of(worker.actor, || "is told to stop".to_owned());
        worker.stop();
        self.hire();
    }

    fn take(&self) -> Option<Worker> {
        let mut workers = self.workers.lock().unwrap();
        match workers.len() as u64 {
            0 => None,
            count => {
                let index = self.around.sea.dice().within(0..=count - 1);
                Some(workers.remove(usize::try_from(index).unwrap()))
            }
        }
    }

    fn anybody(&self) -> Option<Actor> {
        let workers = self.workers.lock().unwrap();
        (!workers.is_empty()).then(|| self.around.sea.dice().pick(&workers).actor)
    }
}

/// How often it is looked whether something happens, in milliseconds.
const LOOK: u64 = 2_000;

/// Lets things happen for as long as it is not stopped.
pub async fn strike(around: Surroundings, fleet: Arc<Fleet>) {
    loop {
        around.sea.executor().sleep(around.sea.dice().within(1..=LOOK)).await;
        let weather = around.sea.weather();
        let dice = around.sea.dice();
        if dice.chance(weather.crashes / 4)
            && let Some(actor) = fleet.anybody()
        {
            around.sea.kill(actor);
        }
        if dice.chance(weather.freezes / 4)
            && let Some(actor) = fleet.anybody()
        {
            around.sea.hang(actor);
        }
        fleet.replace_dead();
        if dice.chance(weather.restarts / 4) {
            fleet.restart();
        }
        if dice.chance(weather.outages) {
            lose_node(&around);
        }
        if dice.chance(weather.log_outages) {
            lose_log(&around);
        }
        if dice.chance(weather.intruders) {
            intrude(&around);
        }
        if dice.chance(weather.jumps) {
            around.log.jump(*dice.pick(&[3_600_000, -3_600_000]));
        }
        if dice.chance(10) {
            around.cluster.lock().unwrap().unlock_all();
        }
        checks::nobody_oversleeps(&around);
    }
}

fn lose_node(around: &Surroundings) {
    let sea = &around.sea;
    let mut cluster = around.cluster.lock().unwrap();
    let up: Vec<String> =
        cluster.node_states().iter().filter(|node| node.reachable).map(|node| node.name.clone()).collect();
    if up.is_empty() {
        return;
    }
    let (name, power) = (sea.dice().pick(&up).clone(), sea.dice().chance(500));
    cluster.lose_node(&name, power);
    let cluster = Arc::clone(&around.cluster);
    sea.later(sea.dice().within(1_000..=240_000), move || cluster.lock().unwrap().regain_node(&name, power));
}

fn lose_log(around: &Surroundings) {
    around.sea.note(|| "the log cannot be reached".to_owned());
    around.log.down.store(true, Ordering::Relaxed);
    let (log, sea) = (Arc::clone(&around.log), around.sea.clone());
    around.sea.later(around.sea.dice().within(500..=90_000), move || {
        sea.note(|| "the log can be reached again".to_owned());
        log.down.store(false, Ordering::Relaxed);
    });
}

/// Somebody takes a number near those that come next, perhaps one that is reserved already.
fn intrude(around: &Surroundings) {
    let highest = around.log.journal().holdings().reserved.keys().next_back().map_or(10_000, |ctid| ctid.0);
    let ctid = Ctid(highest + u32::try_from(around.sea.dice().within(0..=2)).unwrap());
    around.cluster.lock().unwrap().intrude(ctid);
}

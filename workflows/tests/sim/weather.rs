//! How bad a history is: the chance of each fault, drawn once, so that some histories are calm, some have one kind of
//! trouble, and some have all of it.

use crate::dice::Dice;

/// Chances per mille, unless said otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// A change is done, its answer is lost (596).
    pub answer_lost: u32,
    /// A change is neither done nor answered (596).
    pub call_lost: u32,
    /// A change is refused because a node cannot be reached (595).
    pub unreachable: u32,
    /// A change is given up by the client and done much later, perhaps after the lease (596).
    pub late: u32,
    /// Something takes seconds instead of milliseconds.
    pub slow: u32,
    /// A lock file is held for too long (500).
    pub lock_timeout: u32,
    /// A read is not answered.
    pub read_lost: u32,
    /// A change is answered with a task that never did anything and that nobody knows.
    pub phantom: u32,
    /// A task fails and cleans up.
    pub task_fails: u32,
    /// A task is killed and leaves its locks.
    pub task_killed: u32,
    /// A task works and is forgotten before anybody sees its end.
    pub task_forgotten: u32,
    /// The storage is full when a clone or a volume is asked for.
    pub storage_full: u32,
    /// A call to a tenant's server breaks off, before or after its effect.
    pub sql_broken: u32,
    /// A statement to the log is lost, before or after its commit.
    pub log_lost: u32,
    /// Crashes of workers an hour, and so on below.
    pub crashes: u32,
    pub freezes: u32,
    pub restarts: u32,
    pub outages: u32,
    pub log_outages: u32,
    pub intruders: u32,
    pub jumps: u32,
    /// Commands of users just when something is recorded.
    pub haste: u32,
}

impl Weather {
    /// Nothing goes wrong.
    #[cfg(feature = "planted-bugs")]
    pub const CALM: Self = Self {
        answer_lost: 0,
        call_lost: 0,
        unreachable: 0,
        late: 0,
        slow: 0,
        lock_timeout: 0,
        read_lost: 0,
        phantom: 0,
        task_fails: 0,
        task_killed: 0,
        task_forgotten: 0,
        storage_full: 0,
        sql_broken: 0,
        log_lost: 0,
        crashes: 0,
        freezes: 0,
        restarts: 0,
        outages: 0,
        log_outages: 0,
        intruders: 0,
        jumps: 0,
        haste: 0,
    };

    pub fn draw(dice: &Dice) -> Self {
        // How likely each kind of trouble is to be there at all.
        let common = *dice.pick(&[0, 150, 400, 700]);
        let level = |few: u32, many: u32| match dice.chance(common) {
            false => 0,
            true => *dice.pick(&[few, few, many]),
        };
        Self {
            answer_lost: level(30, 150),
            call_lost: level(30, 150),
            unreachable: level(30, 150),
            late: level(30, 150),
            slow: level(50, 300),
            lock_timeout: level(30, 150),
            read_lost: level(10, 60),
            phantom: level(20, 80),
            task_fails: level(30, 200),
            task_killed: level(20, 80),
            task_forgotten: level(30, 150),
            storage_full: level(10, 60),
            sql_broken: level(50, 250),
            log_lost: level(10, 60),
            crashes: level(30, 400),
            freezes: level(30, 300),
            restarts: level(20, 100),
            outages: level(4, 20),
            log_outages: level(4, 20),
            intruders: level(4, 30),
            jumps: level(4, 30),
            haste: level(60, 300),
        }
    }
}

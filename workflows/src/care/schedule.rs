//! When which server is asked whether it answers: a pure schedule.
//!
//! Guarantees: never more looks per second than the rules say, however many instances there are; looks are spread, so
//! that a restart does not ask all at once; a server that does not answer is asked again soon, and then less and less
//! often; one lost answer is no outage.

use dbx_domain::{ids::InstanceId, instance::Health};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::time::Instant;

/// How often servers are asked.
#[derive(Clone, Copy, Debug)]
pub struct MonitorRules {
    /// Pause between two looks at a server that answers. Longer where there are too many for it.
    pub interval: Duration,
    /// Most looks per second, over all servers. A look is a TLS handshake, a SCRAM exchange and a query.
    pub looks_per_second: f64,
}

impl Default for MonitorRules {
    fn default() -> Self {
        Self { interval: Duration::from_secs(20), looks_per_second: 4.0 }
    }
}

/// Pause after the first missed answer: it may have been the network.
const CONFIRM: Duration = Duration::from_secs(2);
/// First pause after a server is known not to answer; doubles with each miss.
const BACKOFF: Duration = Duration::from_secs(5);
/// Longest such pause.
const BACKOFF_CAP: Duration = Duration::from_secs(300);
/// Misses that make an outage.
const OUTAGE: u32 = 2;

/// Who is looked at next.
#[derive(Debug)]
pub struct Schedule {
    rules: MonitorRules,
    watched: BTreeMap<InstanceId, Watch>,
}

#[derive(Clone, Copy, Debug)]
struct Watch {
    due: Instant,
    misses: u32,
}

impl Schedule {
    /// Nobody yet.
    pub const fn new(rules: MonitorRules) -> Self {
        Self { rules, watched: BTreeMap::new() }
    }

    /// Watches exactly these. New ones come up spread over one pause.
    pub fn watch(&mut self, instances: &BTreeSet<InstanceId>, now: Instant) {
        self.watched.retain(|instance, _| instances.contains(instance));
        let pause = self.pause(instances.len());
        for instance in instances {
            let due = || now + pause.mul_f64(rand::random());
            self.watched.entry(*instance).or_insert_with(|| Watch { due: due(), misses: 0 });
        }
    }

    /// Up to `limit` that are due, the longest due first.
    pub fn due(&self, now: Instant, limit: usize) -> Vec<InstanceId> {
        let mut due: Vec<_> = self.watched.iter().filter(|(_, watch)| watch.due <= now).collect();
        due.sort_by_key(|(_, watch)| watch.due);
        due.into_iter().take(limit).map(|(instance, _)| *instance).collect()
    }

    /// Notes a look; says what is known now, if anything.
    pub fn looked(&mut self, instance: InstanceId, answered: bool, now: Instant) -> Option<Health> {
        let pause = self.pause(self.watched.len()).mul_f64(0.75 + rand::random::<f64>() / 2.0);
        let watch = self.watched.get_mut(&instance)?;
        watch.misses = if answered { 0 } else { watch.misses.saturating_add(1) };
        watch.due = now
            + match watch.misses {
                0 => pause,
                misses if misses < OUTAGE => CONFIRM,
                misses => BACKOFF.saturating_mul(1 << (misses - OUTAGE).min(16)).min(BACKOFF_CAP),
            };
        match watch.misses {
            0 => Some(Health::Healthy),
            misses if misses < OUTAGE => None,
            _ => Some(Health::Unreachable),
        }
    }

    fn pause(&self, count: usize) -> Duration {
        let needed = Duration::from_secs_f64(count as f64 / self.rules.looks_per_second.max(0.01));
        self.rules.interval.max(needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn ids(count: u128) -> BTreeSet<InstanceId> {
        (0..count).map(|number| InstanceId::from_uuid(Uuid::from_u128(number))).collect()
    }

    /// Looks for that long, a second at a time, and counts.
    fn looks(schedule: &mut Schedule, start: Instant, seconds: u64) -> usize {
        let mut count = 0;
        for second in 0..seconds {
            let now = start + Duration::from_secs(second);
            for instance in schedule.due(now, usize::MAX) {
                assert_eq!(schedule.looked(instance, true, now), Some(Health::Healthy));
                count += 1;
            }
        }
        count
    }

    #[test]
    fn ten_thousand_cost_what_the_rules_allow_and_ten_are_looked_at_often() {
        let start = Instant::now();
        let mut many = Schedule::new(MonitorRules::default());
        many.watch(&ids(10_000), start);
        let count = looks(&mut many, start, 1_000);
        assert!((3_200..4_800).contains(&count), "{count} looks in 1,000 s");
        let mut few = Schedule::new(MonitorRules::default());
        few.watch(&ids(10), start);
        let count = looks(&mut few, start, 1_000);
        assert!((400..650).contains(&count), "{count} looks in 1,000 s");
    }

    #[test]
    fn one_missed_answer_is_no_outage_two_are_and_then_looks_become_rare() {
        let (start, one) = (Instant::now(), *ids(1).first().unwrap());
        let mut schedule = Schedule::new(MonitorRules::default());
        schedule.watch(&ids(1), start);
        let mut now = start + Duration::from_secs(60);
        assert_eq!(schedule.looked(one, false, now), None);
        now += CONFIRM;
        assert_eq!(schedule.due(now, 9), [one]);
        let mut pauses = Vec::new();
        for _ in 0..10 {
            assert_eq!(schedule.looked(one, false, now), Some(Health::Unreachable));
            let due = schedule.watched[&one].due;
            pauses.push((due - now).as_secs());
            now = due;
        }
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
        assert_eq!(schedule.looked(one, true, now), Some(Health::Healthy));
    }

    #[test]
    fn who_is_gone_is_not_looked_at_and_what_was_seen_of_the_others_stays() {
        let start = Instant::now();
        let mut schedule = Schedule::new(MonitorRules::default());
        schedule.watch(&ids(3), start);
        let first = *ids(1).first().unwrap();
        schedule.looked(first, false, start);
        schedule.watch(&ids(2), start);
        assert_eq!((schedule.watched.len(), schedule.watched[&first].misses), (2, 1));
        let gone = InstanceId::from_uuid(Uuid::from_u128(2));
        assert_eq!(schedule.looked(gone, true, start), None);
    }
}

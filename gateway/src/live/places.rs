//! How many streams there may be: of the process, of one person, of one org.
//!
//! Guarantee: nobody's streams keep others from theirs, as long as the process has places left; the shares are small
//! against the whole.

use crate::http::{code::Code, problem::Problem};
use dbx_domain::ids::{AccountId, OrgId};
use std::{collections::HashMap, hash::Hash, time::Duration};

/// Most streams of this process.
pub(crate) const STREAMS_MAX: usize = 2_000;
/// When to try again if no place is free.
const CROWDED: Duration = Duration::from_secs(5);

/// Streams that one person or one org may have; zero: as many as there are places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    pub(crate) per_account: u32,
    pub(crate) per_org: u32,
}

/// The streams that there are.
#[derive(Default)]
pub(super) struct Places {
    all: usize,
    of_account: HashMap<AccountId, usize>,
    of_org: HashMap<OrgId, usize>,
}

impl Places {
    /// Takes a place, or says whose share is used up.
    pub(super) fn take(&mut self, shares: Shares, account: AccountId, org: OrgId) -> Result<(), Problem> {
        if self.all >= STREAMS_MAX {
            let message = format!("this server already has {STREAMS_MAX} streams; try again in a moment");
            return Err(Problem::new(Code::Unavailable, message).retry_after(CROWDED));
        }
        if is_used_up(shares.per_account, self.of_account.get(&account)) {
            let message = format!("you already have {} streams here; close some", shares.per_account);
            return Err(Problem::too_many(&message, CROWDED));
        }
        if is_used_up(shares.per_org, self.of_org.get(&org)) {
            let message = format!("this org already has {} streams here", shares.per_org);
            return Err(Problem::too_many(&message, CROWDED));
        }
        self.all += 1;
        *self.of_account.entry(account).or_default() += 1;
        *self.of_org.entry(org).or_default() += 1;
        Ok(())
    }

    /// Gives a place back.
    pub(super) fn give_back(&mut self, account: AccountId, org: OrgId) {
        self.all = self.all.saturating_sub(1);
        one_less(&mut self.of_account, account);
        one_less(&mut self.of_org, org);
    }

    /// Streams now.
    pub(super) const fn taken(&self) -> usize {
        self.all
    }
}

fn is_used_up(share: u32, taken: Option<&usize>) -> bool {
    let share = usize::try_from(share).unwrap_or(usize::MAX);
    share > 0 && taken.is_some_and(|taken| *taken >= share)
}

fn one_less<K: Eq + Hash>(of: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = of.get_mut(&key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            of.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn account(number: u128) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(number))
    }

    fn org(number: u128) -> OrgId {
        OrgId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn shares_end_where_others_begin_and_places_come_back() {
        let shares = Shares { per_account: 2, per_org: 3 };
        let mut places = Places::default();
        for _ in 0..2 {
            places.take(shares, account(1), org(1)).unwrap();
        }
        assert!(places.take(shares, account(1), org(2)).unwrap_err().is(Code::TooManyRequests));
        places.take(shares, account(2), org(1)).unwrap();
        assert!(places.take(shares, account(3), org(1)).unwrap_err().is(Code::TooManyRequests));
        places.take(shares, account(3), org(2)).unwrap();
        places.give_back(account(1), org(1));
        places.take(shares, account(1), org(2)).unwrap();
        for (account, org) in
            [(account(1), org(1)), (account(1), org(2)), (account(2), org(1)), (account(3), org(2))]
        {
            places.give_back(account, org);
        }
        assert!(places.of_account.is_empty() && places.of_org.is_empty() && places.taken() == 0);
    }

    #[test]
    fn without_shares_the_whole_is_the_limit() {
        let mut places = Places::default();
        let shares = Shares { per_account: 0, per_org: 0 };
        for _ in 0..STREAMS_MAX {
            places.take(shares, account(1), org(1)).unwrap();
        }
        assert!(places.take(shares, account(2), org(2)).unwrap_err().is(Code::Unavailable));
    }
}

//! Given these events, when this is asked, then that follows: rows of a table, run by cqrs-es's own framework.

use cqrs_es::{Aggregate, test::TestFramework};
use dbx_domain::Decide;
use std::collections::BTreeSet;

/// One row: what happened before, what is asked, what follows.
pub(crate) struct Case<A: Aggregate> {
    pub(crate) given: Vec<A::Event>,
    pub(crate) when: A::Command,
    pub(crate) then: Result<Vec<A::Event>, A::Error>,
}

/// A command that is accepted.
pub(crate) fn accepted<A: Aggregate>(given: &[A::Event], when: A::Command, then: Vec<A::Event>) -> Case<A>
where
    A::Event: Clone,
{
    Case { given: given.to_vec(), when, then: Ok(then) }
}

/// A command that is refused.
pub(crate) fn refused<A: Aggregate>(given: &[A::Event], when: A::Command, then: A::Error) -> Case<A>
where
    A::Event: Clone,
{
    Case { given: given.to_vec(), when, then: Err(then) }
}

/// Runs every row.
pub(crate) fn check<A>(cases: Vec<Case<A>>)
where
    A: Aggregate<Services = ()>,
    A::Error: PartialEq,
{
    for Case { given, when, then } in cases {
        let result = TestFramework::<A>::with(()).given(given).when(when);
        match then {
            Ok(events) => result.then_expect_events(events),
            Err(error) => result.then_expect_error(error),
        }
    }
}

/// The state after `events`.
pub(crate) fn folded<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> A {
    let mut state = A::default();
    events.into_iter().for_each(|event| state.apply(event));
    state
}

/// Decides `command` and lets what follows happen to `state`.
pub(crate) fn advance<A: Decide>(state: &mut A, command: A::Command) -> Result<Vec<A::Event>, A::Error>
where
    A::Event: Clone,
{
    let events = state.decide(command)?;
    events.iter().cloned().for_each(|event| state.apply(event));
    Ok(events)
}

/// Fails with the names that a table does not exercise.
pub(crate) fn assert_all_covered(all: &[&'static str], seen: impl IntoIterator<Item = &'static str>) {
    let seen: BTreeSet<_> = seen.into_iter().collect();
    let missing: Vec<_> = all.iter().filter(|name| !seen.contains(*name)).collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// Names the variants of an enum by an exhaustive match: a new variant does not compile until it is listed, and once
/// listed it fails [`assert_all_covered`] until some case exercises it.
macro_rules! variants {
    ($all:ident, $name_of:ident, $enum:ident { $($variant:ident)* }) => {
        const $all: &[&str] = &[$(stringify!($variant),)*];

        fn $name_of(value: &$enum) -> &'static str {
            match value { $($enum::$variant { .. } => stringify!($variant),)* }
        }
    };
}

pub(crate) use variants;

//! Which statements of many commits can be carried out at the same moment.
//!
//! Level 0 holds, beside the events, what stands for itself in its commit; each further level what needs the levels
//! before it. Guarantees: within a commit, a statement comes after those it may depend on and after those that write its
//! row; a statement stands for several commits only if it promised to write rows of its own streams
//! ([`crate::Batch::push_own`]), and never twice for the same commit.

use crate::{
    batch::{Param, Statement},
    plan::CommitPlan,
};

/// A statement and the values of every commit that has it on this level.
pub(crate) struct Shared<'a> {
    pub(crate) statement: &'a Statement,
    pub(crate) rows: Vec<&'a [Param]>,
}

/// What is carried out at the same moment, and then, one after the other, what cannot be shared.
#[derive(Default)]
pub(crate) struct Level<'a> {
    pub(crate) shared: Vec<Shared<'a>>,
    pub(crate) single: Vec<&'a Statement>,
}

impl<'a> Level<'a> {
    fn add(&mut self, statement: &'a Statement) {
        if !statement.own {
            return self.single.push(statement);
        }
        match self.shared.iter_mut().find(|shared| shared.statement.sql == statement.sql) {
            Some(shared) => shared.rows.push(&statement.params),
            None => self.shared.push(Shared { statement, rows: vec![&statement.params] }),
        }
    }
}

/// The statements behind the events, by level.
pub(crate) fn levels(plans: &[CommitPlan]) -> Vec<Level<'_>> {
    let mut levels: Vec<Level<'_>> = Vec::new();
    for plan in plans {
        let mut placed: Vec<(&Statement, usize)> = Vec::new();
        for statement in plan.then() {
            let after = placed.iter().filter(|(before, _)| depends(statement, before));
            // What stands for itself needs not even the events; all else needs at least them.
            let lowest = usize::from(statement.row.is_none());
            let level = after.map(|(_, level)| level + 1).max().unwrap_or(0).max(lowest);
            if levels.len() <= level {
                levels.resize_with(level + 1, Level::default);
            }
            levels[level].add(statement);
            placed.push((statement, level));
        }
    }
    levels
}

/// Whether `statement` must see what `before` of the same commit did.
fn depends(statement: &Statement, before: &Statement) -> bool {
    match (&statement.row, &before.row) {
        (Some(row), Some(other)) => {
            row == other || statement.sql == before.sql || statement.needs == Some(other.as_str())
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Batch,
        commit::Commit,
        metadata::{Actor, Metadata},
        params,
    };

    /// The texts of each level for commits with these statements.
    fn texts(batches: Vec<Batch>) -> Vec<Vec<(String, usize)>> {
        let plans: Vec<_> = batches
            .into_iter()
            .map(|batch| {
                let empty = Commit::new(Metadata::of(Actor::system("test")));
                let mut plan = CommitPlan::new(empty, serde_json::json!({}), &[]).unwrap();
                plan.follow_with(batch);
                plan
            })
            .collect();
        let text = |shared: &Shared<'_>| (shared.statement.sql.to_string(), shared.rows.len());
        levels(&plans).iter().map(|level| level.shared.iter().map(text).collect()).collect()
    }

    fn batch(statements: &[(Option<&str>, &'static str)]) -> Batch {
        let mut batch = Batch::default();
        for (row, sql) in statements {
            match row {
                Some(row) => batch.push_row(*row, sql, params![1]),
                None => batch.push_own(sql, params![1]),
            }
        }
        batch
    }

    #[test]
    fn what_stands_for_itself_is_shared_and_the_rest_keeps_its_turn() {
        let one = batch(&[(Some("a"), "change a"), (Some("b"), "change b"), (Some("a"), "change a more")]);
        let two = batch(&[(Some("b"), "change b"), (None, "read all"), (Some("a"), "change a")]);
        let expected = [
            vec![("change a".to_owned(), 1), ("change b".to_owned(), 2)],
            vec![("change a more".to_owned(), 1), ("read all".to_owned(), 1)],
            vec![("change a".to_owned(), 1)],
        ];
        assert_eq!(texts(vec![one, two]), expected);
    }

    #[test]
    fn a_statement_never_stands_twice_for_a_commit() {
        let twice = batch(&[(Some("a/1"), "add to a"), (Some("a/2"), "add to a")]);
        assert_eq!(texts(vec![twice]), [vec![("add to a".to_owned(), 1)], vec![("add to a".to_owned(), 1)]]);
    }
}

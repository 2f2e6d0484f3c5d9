//! Several statements in one message: neighbours of a commit that stand for themselves become the parts of one `WITH`.
//!
//! Each message costs Postgres and the client a system call in each direction and a statement's set-up; for an append of
//! the engine that was most of its cost. Guarantee: the outcome is that of the statements one after the other. The parts of
//! a `WITH` see none of each other's writes and must not write the same row, so only statements that promise to need
//! neither ([`Batch::push_row`](crate::Batch::push_row)) are taken together.

use crate::batch::Statement;
use std::borrow::Cow;

/// A statement and what its parts belong to.
pub(crate) type Fused<T> = (Statement, Vec<T>);

/// Puts neighbours that stand for themselves together. The rows of the first one are the result of the whole.
pub(crate) fn fuse<T>(statements: Vec<(Statement, T)>) -> Vec<Fused<T>> {
    let mut fused = Vec::new();
    let mut together: Vec<(Statement, T)> = Vec::new();
    for (statement, tag) in statements {
        let alone = |row: &Option<String>| row.is_none();
        let needed = |row: &Option<String>| statement.needs.is_some() && row.as_deref() == statement.needs;
        let apart = |(before, _): &(Statement, T)| {
            alone(&before.row) || before.row == statement.row || needed(&before.row)
        };
        if alone(&statement.row) || together.iter().any(apart) {
            fused.extend(one(std::mem::take(&mut together)));
        }
        together.push((statement, tag));
    }
    fused.extend(one(together));
    fused
}

/// One statement of them all; none of none.
fn one<T>(parts: Vec<(Statement, T)>) -> Option<Fused<T>> {
    let mut parts = parts.into_iter();
    let (Statement { sql: main, mut params, .. }, tag) = parts.next()?;
    let (mut tags, mut more) = (vec![tag], Vec::new());
    for (number, (part, tag)) in parts.enumerate() {
        more.push(format!("part{number} AS ({})", renumbered(&part.sql, params.len())));
        params.extend(part.params);
        tags.push(tag);
    }
    // Postgres carries out the main part, then the others from the last to the first. Turned round, rows are locked in
    // the order in which the statements alone would lock them.
    more.reverse();
    let sql = if more.is_empty() { main } else { Cow::Owned(with(&main, &more.join(", "))) };
    Some((Statement { sql, params, row: None, needs: None, own: false }, tags))
}

/// `main` and, with it, `parts`, as one statement that gives the rows of `main`.
///
/// Postgres locks tables in the order in which a text names them, and what is in a `WITH` before what follows it. A
/// rebuild locks `events` first and read models then ([`EventStore`](crate::EventStore)); so that neither waits for the
/// other crosswise, an append names `events` first too.
pub(crate) fn with(main: &str, parts: &str) -> String {
    match main.contains("RETURNING") {
        true => format!("WITH main AS ({main}), {parts} SELECT * FROM main"),
        false => format!("WITH {parts} {main}"),
    }
}

/// `$1` becomes `$4` after three other values.
fn renumbered(sql: &str, by: usize) -> String {
    let mut pieces = sql.split('$');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = piece.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) => out.push_str(&format!("${}{rest}", number + by)),
            Err(_) => out.extend(["$", piece]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, params};

    fn fused(batch: Batch) -> Vec<(String, usize)> {
        let statements = batch.into_statements().into_iter().map(|statement| (statement, ()));
        fuse(statements.collect())
            .into_iter()
            .map(|(one, _)| (one.sql.into_owned(), one.params.len()))
            .collect()
    }

    #[test]
    fn neighbours_become_one_and_values_are_counted_on() {
        let mut batch = Batch::default();
        batch.push_row("a", "INSERT INTO a VALUES ($1, $2) RETURNING id", params![1, 2]);
        batch.push_row("b/7", "UPDATE b SET x = $2 WHERE id = $1", params![7, 1]);
        batch.push_row("c", "DELETE FROM c WHERE id = $1", params![9]);
        let sql = "WITH main AS (INSERT INTO a VALUES ($1, $2) RETURNING id), \
                   part1 AS (DELETE FROM c WHERE id = $5), part0 AS (UPDATE b SET x = $4 WHERE id = $3) \
                   SELECT * FROM main";
        assert_eq!(fused(batch), [(sql.to_owned(), 5)]);
    }

    #[test]
    fn the_same_row_and_what_does_not_stand_for_itself_keep_their_turn() {
        let mut batch = Batch::default();
        batch.push_row("a", "first", params![]);
        batch.push_row("a", "second", params![]);
        batch.push("third", params![]);
        batch.push_row("b", "fourth", params![]);
        batch.push_row_after("b", "c", "fifth, which reads b", params![]);
        let texts: Vec<_> = fused(batch).into_iter().map(|(sql, _)| sql).collect();
        assert_eq!(texts, ["first", "second", "third", "fourth", "fifth, which reads b"]);
    }
}

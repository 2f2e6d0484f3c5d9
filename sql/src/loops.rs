//! Many statements of few texts in few messages: for read models that are built from the whole log.
//!
//! Sent one by one, a statement costs a message, a look for its plan and an answer, which over a million events is most
//! of the time. Here the values of all statements of one text travel as arrays and the statements run in a loop inside
//! the server, in a function of the session (`pg_temp`) whose body is the statement as it stands.
//!
//! Guarantee: statements of one lane run in their order; those of different lanes may change places.

use crate::{
    batch::{Batch, Param, Statement},
    error::SqlError,
};
use bytes::BytesMut;
use deadpool_postgres::Transaction;
use std::{borrow::Cow, collections::HashMap};
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

/// The statements of one connection that became loops. Drop it before the connection is used for something else.
#[derive(Default)]
pub struct Loops(HashMap<Cow<'static, str>, Way>);

/// How statements of one text are run.
#[derive(Clone)]
enum Way {
    /// Through a loop in the server.
    Loop(tokio_postgres::Statement),
    /// One by one: an array of arrays could not be told apart.
    Single(tokio_postgres::Statement),
}

impl Loops {
    /// Runs the statements of all lanes.
    ///
    /// # Errors
    /// Any [`SqlError`] of one of them; the caller rolls back then.
    pub async fn run(&mut self, transaction: &Transaction<'_>, lanes: Vec<Batch>) -> Result<(), SqlError> {
        let mut lanes: Vec<_> =
            lanes.into_iter().map(|lane| lane.into_statements().into_iter().peekable()).collect();
        while let Some(sql) = most_common(lanes.iter_mut().filter_map(|lane| Some(lane.peek()?.sql.clone())))
        {
            let next = lanes
                .iter_mut()
                .flat_map(|lane| std::iter::from_fn(|| lane.next_if(|statement| statement.sql == sql)));
            let values = next.map(|Statement { params, .. }| params).collect();
            self.run_alike(transaction, sql, values).await?;
        }
        Ok(())
    }

    /// Runs statements of one text, each with its values.
    async fn run_alike(
        &mut self,
        transaction: &Transaction<'_>,
        sql: Cow<'static, str>,
        values: Vec<Vec<Param>>,
    ) -> Result<(), SqlError> {
        let way = match self.0.get(&sql) {
            Some(way) => way.clone(),
            None => {
                let way = prepare(transaction, &sql, self.0.len()).await?;
                self.0.entry(sql).or_insert(way).clone()
            }
        };
        match way {
            Way::Single(statement) => {
                for values in values {
                    transaction.execute_raw(&statement, values).await?;
                }
            }
            Way::Loop(statement) => {
                let count = i32::try_from(values.len()).unwrap_or(i32::MAX);
                let columns = columns(values).into_iter().map(|column| Box::new(column) as Param);
                let given: Vec<Param> = columns.chain([Box::new(count) as Param]).collect();
                transaction.execute_raw(&statement, given).await?;
            }
        }
        Ok(())
    }
}

/// Makes the function of a statement; `number` tells it from the others of the connection.
async fn prepare(transaction: &Transaction<'_>, sql: &str, number: usize) -> Result<Way, SqlError> {
    let single = transaction.prepare(sql).await?;
    let types = single.params();
    if types.iter().any(|kind| matches!(kind.kind(), Kind::Array(_))) {
        return Ok(Way::Single(single));
    }
    let arrays: Vec<String> = types.iter().map(array_of).collect();
    let declared = arrays.iter().map(String::as_str).chain(["int4"]).collect::<Vec<_>>().join(", ");
    let (last, body) = (arrays.len() + 1, in_loop(sql));
    let function = format!("pg_temp.dbx_loop_{number}");
    let create = format!(
        "CREATE OR REPLACE FUNCTION {function}({declared}) RETURNS void LANGUAGE plpgsql AS $dbx_loop$
         BEGIN FOR dbx_turn IN 1..${last} LOOP {body}; END LOOP; END $dbx_loop$"
    );
    transaction.batch_execute(&create).await?;
    let given = arrays.iter().enumerate().map(|(index, array)| format!("${}::{array}", index + 1));
    let given = given.chain([format!("${last}::int4")]).collect::<Vec<_>>().join(", ");
    Ok(Way::Loop(transaction.prepare(&format!("SELECT {function}({given})")).await?))
}

fn array_of(kind: &Type) -> String {
    format!("\"{}\".\"{}\"[]", kind.schema(), kind.name())
}

/// The statement with the loop's element in place of each parameter.
fn in_loop(sql: &str) -> String {
    let mut body = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(start) = rest.find('$') {
        let digits = rest[start + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let end = start + 1 + digits;
        body.push_str(&rest[..end]);
        if digits > 0 {
            body.push_str("[dbx_turn]");
        }
        rest = &rest[end..];
    }
    body.push_str(rest);
    body
}

/// The first of the texts that stand most often at the head of a lane.
fn most_common(heads: impl Iterator<Item = Cow<'static, str>>) -> Option<Cow<'static, str>> {
    let mut counts: Vec<(Cow<'static, str>, usize)> = Vec::new();
    for head in heads {
        match counts.iter_mut().find(|(known, _)| *known == head) {
            Some((_, count)) => *count += 1,
            None => counts.push((head, 1)),
        }
    }
    let most = counts.iter().map(|(_, count)| *count).max()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(sql, _)| sql)
}

/// The values of each parameter in one array.
fn columns(rows: Vec<Vec<Param>>) -> Vec<Vec<Element>> {
    let width = rows.first().map_or(0, Vec::len);
    let mut columns: Vec<Vec<Element>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(Element(value));
        }
    }
    columns
}

/// A value of a type that only it knows, as an element of an array.
#[derive(Debug)]
struct Element(Param);

impl ToSql for Element {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.0.to_sql_checked(kind, out)
    }

    /// Whether it is acceptable is seen when it is written.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_become_elements_and_nothing_else_changes() {
        assert_eq!(in_loop("DELETE FROM t"), "DELETE FROM t");
        assert_eq!(
            in_loop("UPDATE t SET a = $12::text, b = '$' WHERE c = $1"),
            "UPDATE t SET a = $12[dbx_turn]::text, b = '$' WHERE c = $1[dbx_turn]"
        );
    }

    #[test]
    fn the_most_common_head_goes_first_and_the_earlier_of_equals() {
        let heads = |texts: &[&'static str]| most_common(texts.iter().map(|text| Cow::Borrowed(*text)));
        assert_eq!(heads(&["a", "b", "b"]).as_deref(), Some("b"));
        assert_eq!(heads(&["a", "b"]).as_deref(), Some("a"));
        assert_eq!(heads(&[]), None);
    }
}

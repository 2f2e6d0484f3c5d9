//! One statement for many rows: what `UPDATE t SET a = $2 WHERE id = $1` says of one, said of as many as an array holds.
//!
//! A statement's set-up costs several times what it does to a row. Spread over `unnest` it is set up once for the
//! commits of a group. Guarantee: only the shapes named in [`spread`] are rewritten, and they mean for each row what they
//! meant alone as long as no two rows touch the same row of the table, which [`crate::Batch::push_row`] promises.

use crate::batch::Param;
use bytes::{BufMut, BytesMut};
use std::error::Error;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

/// The statement over rows `v(p1, p2, …)` of arrays instead of over values `$1, $2, …` of these types; the arrays are
/// counted on from `before` other parameters. None unless it is
/// an UPDATE or DELETE with a WHERE, an INSERT of one row of VALUES, or an INSERT of a SELECT with a WHERE; none of them
/// with RETURNING, and no value behind ON CONFLICT.
pub(crate) fn spread(sql: &str, types: &[Type], before: usize) -> Option<String> {
    if types.is_empty() || types.iter().any(|kind| matches!(kind.kind(), Kind::Array(_))) {
        return None;
    }
    if find(sql, "RETURNING").is_some() {
        return None;
    }
    let arrays: Vec<_> =
        types.iter().enumerate().map(|(n, kind)| format!("${}::{}[]", before + n + 1, kind.name())).collect();
    let names: Vec<_> = (1..=types.len()).map(|number| format!("p{number}")).collect();
    let rows = format!("unnest({}) AS v({})", arrays.join(", "), names.join(", "));
    match sql.split_whitespace().next()? {
        "UPDATE" if find(sql, "FROM").is_none() => before_where(sql, &format!("FROM {rows}")),
        "DELETE" if find(sql, "USING").is_none() => before_where(sql, &format!("USING {rows}")),
        "INSERT" => insert(sql, &rows),
        _ => None,
    }
}

fn before_where(sql: &str, rows: &str) -> Option<String> {
    let (head, tail) = sql.split_at(find(sql, "WHERE")?);
    Some(format!("{} {rows} {}", renamed(head), renamed(tail)))
}

fn insert(sql: &str, rows: &str) -> Option<String> {
    let (body, on_conflict) = sql.split_at(find(sql, "ON").unwrap_or(sql.len()));
    if on_conflict.contains('$') {
        return None;
    }
    let Some(at) = find(body, "VALUES") else {
        find(body, "SELECT")?;
        return Some(format!("{} {on_conflict}", before_where(body, &format!(", {rows}"))?));
    };
    let (head, values) = body.split_at(at);
    let row = values.strip_prefix("VALUES")?.trim();
    let (inside, after) = row.strip_prefix('(')?.rsplit_once(')')?;
    // A second row would begin after a parenthesis that closes the first.
    let one_row = after.is_empty() && depth_never_below_zero(inside);
    one_row.then(|| format!("{head}SELECT {} FROM {rows} {on_conflict}", renamed(inside)))
}

fn depth_never_below_zero(text: &str) -> bool {
    let depths = text.chars().scan(0_i32, |depth, letter| {
        *depth += i32::from(letter == '(') - i32::from(letter == ')');
        Some(*depth)
    });
    depths.min().is_none_or(|lowest| lowest >= 0)
}

/// Where `word` stands, outside of parentheses and quotes.
fn find(sql: &str, word: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut start) = (0_u32, false, None);
    for (at, letter) in sql.char_indices().chain([(sql.len(), ' ')]) {
        let part_of_word = letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
        if part_of_word && start.is_none() {
            start = Some(at);
        } else if !part_of_word
            && let Some(begin) = start.take()
            && depth == 0
            && !quoted
            && &sql[begin..at] == word
        {
            return Some(begin);
        }
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// `$4` becomes `v.p4`.
fn renamed(sql: &str) -> String {
    sql.replace('$', "v.p")
}

/// One value of every row, as an array.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    pub(crate) rows: &'a [&'a [Param]],
    pub(crate) index: usize,
}

impl ToSql for Column<'_> {
    /// The binary form of a one-dimensional array: dimensions, whether there are NULLs, element type, length, first
    /// index, then each value behind its length.
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Kind::Array(member) = ty.kind() else { return Err("a column is an array".into()) };
        out.put_i32(1);
        out.put_i32(1);
        out.put_u32(member.oid());
        out.put_i32(i32::try_from(self.rows.len())?);
        out.put_i32(1);
        for row in self.rows {
            let value = row.get(self.index).ok_or("a row lacks a value")?;
            let start = out.len();
            out.put_i32(-1);
            if let IsNull::No = value.to_sql_checked(member, out)? {
                let length = i32::try_from(out.len() - start - size_of::<i32>())?;
                out[start..start + size_of::<i32>()].copy_from_slice(&length.to_be_bytes());
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(ty.kind(), Kind::Array(_))
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = "unnest($1::text[], $2::int8[]) AS v(p1, p2)";

    fn spread_over_two(sql: &str) -> Option<String> {
        spread(sql, &[Type::TEXT, Type::INT8], 0)
    }

    #[test]
    fn changes_and_deletions_join_the_rows() {
        assert_eq!(
            spread_over_two("UPDATE t SET a = CASE WHEN b THEN $2 END\n WHERE id = $1").unwrap(),
            format!("UPDATE t SET a = CASE WHEN b THEN v.p2 END\n  FROM {ROWS} WHERE id = v.p1")
        );
        assert_eq!(
            spread_over_two("DELETE FROM t WHERE id = $1 AND n = $2").unwrap(),
            format!("DELETE FROM t  USING {ROWS} WHERE id = v.p1 AND n = v.p2")
        );
    }

    #[test]
    fn insertions_select_from_the_rows() {
        assert_eq!(
            spread_over_two("INSERT INTO t (id, n) VALUES ($1, (SELECT count(*) FROM u WHERE n = $2))")
                .unwrap(),
            format!(
                "INSERT INTO t (id, n) SELECT v.p1, (SELECT count(*) FROM u WHERE n = v.p2) FROM {ROWS} "
            )
        );
        let sql =
            "INSERT INTO t (id) SELECT i.id FROM i WHERE i.id = $1 AND i.n = $2 ON CONFLICT (id) DO NOTHING";
        let spread = format!(
            "INSERT INTO t (id) SELECT i.id FROM i  , {ROWS} WHERE i.id = v.p1 AND i.n = v.p2  ON CONFLICT (id) DO NOTHING"
        );
        assert_eq!(spread_over_two(sql).unwrap(), spread);
    }

    #[test]
    fn other_shapes_stay_as_they_are() {
        for sql in [
            "UPDATE t SET a = $2 WHERE id = $1 RETURNING a",
            "UPDATE t SET a = $2 FROM u WHERE t.id = $1",
            "WITH x AS (SELECT $1, $2) DELETE FROM t WHERE true",
            "INSERT INTO t VALUES ($1, 1), ($2, 2)",
            "INSERT INTO t VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = t.n + $2",
            "SELECT dbx_do($1, $2)",
        ] {
            assert_eq!(spread_over_two(sql), None, "{sql}");
        }
        assert_eq!(spread("DELETE FROM t WHERE id = ANY ($1)", &[Type::TEXT_ARRAY], 0), None);
    }
}

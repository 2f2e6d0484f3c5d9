//! The texts of statements that carry out a whole level.
//!
//! A level is one message and one statement: a `WITH` of every statement that commits of its kind have had so far, those
//! that this group does not need over no rows. So there are few different texts, they settle within the first commits,
//! and each is planned once per connection, whatever mixture of commits a group happens to be.

use super::{
    levels::{Level, Shared},
    spread::{Column, spread},
};
use crate::{batch::Param, fuse, pipeline::Call};
use deadpool_postgres::Object;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_postgres::{
    Error,
    types::{ToSql, Type},
};

/// Most statements in one text; more are sent on their own.
const PARTS_MAX: usize = 32;

/// A statement over rows, by its text over values.
struct Part {
    sql: String,
    types: Arc<[Type]>,
}

/// The statement of a level as it has grown so far.
#[derive(Clone, Default)]
pub(crate) struct Text {
    sql: Arc<str>,
    parts: Arc<[Part]>,
}

#[derive(Default)]
struct Known {
    /// None: cannot be spread.
    types: HashMap<String, Option<Arc<[Type]>>>,
    levels: Vec<Text>,
}

/// All texts of one writer.
#[derive(Default)]
pub(crate) struct Texts(Mutex<Known>);

impl Texts {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Learns the types of what has not been seen before.
    async fn learn(&self, client: &Object, level: &Level<'_>) -> Result<(), Error> {
        for shared in &level.shared {
            let sql = &*shared.statement.sql;
            if !self.known().types.contains_key(sql) {
                let types = Arc::from(client.prepare_cached(sql).await?.params());
                let types = spread(sql, &types, 0).map(|_| types);
                self.known().types.insert(sql.to_owned(), types);
            }
        }
        Ok(())
    }

    /// A text that carries out as much as it can of `level`, which is level `number`; `main` and its `values` come first.
    pub(crate) async fn of(
        &self,
        client: &Object,
        (number, level): (usize, &Level<'_>),
        (main, values): (&str, usize),
    ) -> Result<Text, Error> {
        self.learn(client, level).await?;
        let mut known = self.known();
        let missing: Vec<Part> =
            level.shared.iter().filter_map(|shared| known.missing(number, shared)).collect();
        if known.levels.len() <= number {
            known.levels.resize(number + 1, Text::default());
        }
        let text = &mut known.levels[number];
        if !missing.is_empty() || text.sql.is_empty() {
            let parts =
                text.parts.iter().map(|part| Part { sql: part.sql.clone(), types: Arc::clone(&part.types) });
            *text = Text::new(parts.chain(missing).take(PARTS_MAX).collect(), main, values);
        }
        Ok(text.clone())
    }
}

impl Known {
    /// The part that the text of level `number` lacks, if it can be one.
    fn missing(&self, number: usize, shared: &Shared<'_>) -> Option<Part> {
        let sql = &*shared.statement.sql;
        let types = self.types.get(sql)?.clone()?;
        let there = self.levels.get(number).is_some_and(|text| text.parts.iter().any(|part| part.sql == sql));
        (!there).then(|| Part { sql: sql.to_owned(), types })
    }
}

impl Text {
    fn new(parts: Vec<Part>, main: &str, mut values: usize) -> Self {
        let mut texts = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            // It could be spread when it was learnt.
            let text = spread(&part.sql, &part.types, values).unwrap_or_default();
            texts.push(format!("part{number} AS ({text})"));
            values += part.types.len();
        }
        let sql = if texts.is_empty() { main.to_owned() } else { fuse::with(main, &texts.join(", ")) };
        Self { sql: sql.into(), parts: parts.into() }
    }

    /// The values of `level` as columns, one after the other in the order of the parameters behind those of `main`.
    pub(crate) fn columns<'a>(&self, level: &'a Level<'a>) -> Vec<Column<'a>> {
        let of_part = |part: &Part| {
            let shared = level.shared.iter().find(|shared| shared.statement.sql == part.sql.as_str());
            let rows: &'a [&'a [Param]] = shared.map_or(&[], |shared| &shared.rows);
            (0..part.types.len()).map(move |index| Column { rows, index })
        };
        self.parts.iter().flat_map(of_part).collect()
    }

    /// The call of the text, and those of what it does not hold.
    pub(crate) fn calls<'a>(
        &'a self,
        level: &'a Level<'a>,
        main: Vec<&'a (dyn ToSql + Sync)>,
        columns: &'a [Column<'a>],
    ) -> Vec<Call<'a>> {
        let mut calls = Vec::new();
        let mut params = main;
        params.extend(columns.iter().map(|column| column as &(dyn ToSql + Sync)));
        calls.push(Call { sql: &self.sql, params });
        for shared in &level.shared {
            let sql = &*shared.statement.sql;
            if !self.parts.iter().any(|part| part.sql == sql) {
                calls.extend(shared.rows.iter().map(|row| Call::new(sql, row)));
            }
        }
        calls.extend(level.single.iter().map(|statement| Call::from(*statement)));
        calls
    }
}

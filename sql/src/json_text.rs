//! `jsonb` as text, in both directions, without building a tree in between.
//!
//! On the wire `jsonb` is one version byte (1) and then JSON text. Borrowing that text lets a load parse straight
//! into the event type.

use bytes::{BufMut, BytesMut};
use std::error::Error;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// Version byte of the binary form of jsonb.
const VERSION: u8 = 1;

/// JSON text read from a `jsonb` column; lives as long as the row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct JsonText<'a>(pub(crate) &'a str);

impl<'a> FromSql<'a> for JsonText<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match raw.split_first() {
            Some((&VERSION, text)) => Ok(Self(std::str::from_utf8(text)?)),
            _ => Err("not version 1 of binary jsonb".into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }
}

/// JSON text to be written into a `jsonb` column.
#[derive(Clone, Debug)]
pub(crate) struct OwnedJson(pub(crate) String);

impl ToSql for OwnedJson {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        out.put_u8(VERSION);
        out.put_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }

    to_sql_checked!();
}

//! A stored event in its domain type.

use cqrs_es::Aggregate;
use dbx_domain::{Account, Instance, Org, account::AccountEvent, instance::InstanceEvent, org::OrgEvent};
use dbx_sql::{ProjectionError, RecordedEvent};
use serde::de::DeserializeOwned;

/// What happened, to whichever aggregate.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// To an account.
    Account(AccountEvent),
    /// To an org.
    Org(OrgEvent),
    /// To an instance.
    Instance(InstanceEvent),
}

impl Happened {
    /// Reads an event of the current shape; `None` for streams of other programs.
    ///
    /// # Errors
    /// [`ProjectionError`] when it is not of a shape that this program knows.
    pub fn read(event: &RecordedEvent) -> Result<Option<Self>, ProjectionError> {
        Ok(Some(match event.aggregate_type.as_str() {
            kind if kind == Account::TYPE => Self::Account(parse(event)?),
            kind if kind == Org::TYPE => Self::Org(parse(event)?),
            kind if kind == Instance::TYPE => Self::Instance(parse(event)?),
            _ => return Ok(None),
        }))
    }
}

fn parse<E: DeserializeOwned>(event: &RecordedEvent) -> Result<E, ProjectionError> {
    E::deserialize(&event.payload).map_err(|error| ProjectionError {
        event: format!("{} {} #{}", event.event_type, event.aggregate_id, event.sequence),
        why: error.to_string(),
    })
}

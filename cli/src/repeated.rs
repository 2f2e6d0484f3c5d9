//! Changes that take away what they were named by.
//!
//! Guarantee: repeated under its key, with the id in the name's place, such a change is sent again as it was, so that the
//! server's first answer is given again.

use crate::{
    context::Context,
    failure::Failure,
    resolve::{Named, is_id},
};

/// What is to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) id: String,
    /// Its name; of something that is gone the id.
    pub(crate) name: String,
}

impl Context {
    /// What was found; or, under a given key, the thing of this id that is there no longer: this may repeat what ended it.
    pub(crate) fn even_gone<T: Named>(
        &self,
        prefix: &str,
        wanted: &str,
        found: Result<T, Failure>,
    ) -> Result<Target, Failure> {
        match found {
            Ok(item) => Ok(Target { id: item.id().to_owned(), name: item.name().to_owned() }),
            Err(failure)
                if self.client.may_repeat() && failure.code() == "not_found" && is_id(prefix, wanted) =>
            {
                Ok(Target { id: wanted.to_owned(), name: wanted.to_owned() })
            }
            Err(failure) => Err(failure),
        }
    }
}

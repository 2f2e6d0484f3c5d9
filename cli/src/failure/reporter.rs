//! Says failures in the form, and with the advice, that fit the command line.

use super::{Circumstances, Failure, report};
use crate::output::Format;
use std::sync::Arc;

/// What a command's failures are said by, wherever they happen. Cheap to copy.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reporter {
    circumstances: Arc<Circumstances>,
    format: Format,
}

impl Reporter {
    pub(crate) fn new(circumstances: Circumstances, format: Format) -> Self {
        Self { circumstances: Arc::new(circumstances), format }
    }

    /// Says on stderr what went wrong.
    pub(crate) fn report(&self, failure: &Failure) {
        report(failure, &self.circumstances, self.format);
    }

    /// What the command line and the environment say.
    pub(crate) fn circumstances(&self) -> &Circumstances {
        &self.circumstances
    }
}

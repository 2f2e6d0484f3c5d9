//! Every workflow there is.

use crate::{create, definition::Definition, delete, reboot, rotate, start, stop};
use dbx_domain::instance::WorkflowKind;

/// Every definition that a run may follow, newest version of each kind first.
pub fn all() -> [&'static Definition; 6] {
    [&create::CREATE, &start::START, &stop::STOP, &reboot::REBOOT, &rotate::ROTATE, &delete::DELETE]
}

/// The definition that new runs of `kind` follow.
pub fn definition(kind: WorkflowKind) -> &'static Definition {
    match kind {
        WorkflowKind::Create => &create::CREATE,
        WorkflowKind::Start => &start::START,
        WorkflowKind::Stop => &stop::STOP,
        WorkflowKind::Reboot => &reboot::REBOOT,
        WorkflowKind::Rotate => &rotate::ROTATE,
        WorkflowKind::Delete => &delete::DELETE,
    }
}

/// The definition that a run of `kind` began with.
pub fn find(kind: WorkflowKind, version: u32) -> Option<&'static Definition> {
    all().into_iter().find(|definition| definition.kind == kind && definition.version == version)
}

//! What its people may change of an instance without a workflow: name, labels, protection.
//!
//! Guarantees: allowed beside any run, because no run depends on them; refused once a delete is under way, so that
//! nobody believes to have protected what is going away; setting what is set already adds no event.

use super::{Instance, InstanceCommand, InstanceError, InstanceEvent, Lifecycle, WorkflowKind};

type Decision = Result<Vec<InstanceEvent>, InstanceError>;

impl Instance {
    pub(super) fn decide_change(&self, command: InstanceCommand) -> Decision {
        self.refuse_if_going()?;
        let identity = self.identity().ok_or(InstanceError::Absent)?;
        Ok(match command {
            InstanceCommand::Rename(name) if identity.name != name => {
                vec![InstanceEvent::InstanceRenamed { name }]
            }
            InstanceCommand::SetTags(tags) if identity.tags != tags => {
                vec![InstanceEvent::TagsChanged { tags }]
            }
            InstanceCommand::Protect(protected) if self.protected != protected => {
                vec![InstanceEvent::ProtectionChanged { protected }]
            }
            _ => vec![],
        })
    }

    fn refuse_if_going(&self) -> Result<(), InstanceError> {
        let kind = WorkflowKind::Delete;
        if self.is_deleted() {
            return Err(InstanceError::Absent);
        }
        if let Some(workflow) = self.pending_delete() {
            return Err(InstanceError::Busy { workflow, kind });
        }
        match self.run() {
            Some(run) if run.kind == kind && self.lifecycle() != Lifecycle::NeedsOperator => {
                Err(InstanceError::Busy { workflow: run.workflow, kind })
            }
            _ => Ok(()),
        }
    }
}

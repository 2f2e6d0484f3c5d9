//! What the ways out of a job come to, in words: one table for the job itself and for the explanation of its instance.
//!
//! Guarantee: a sentence says what will happen in this case, not in some case; it ends without a full stop.

use dbx_domain::instance::{FailureClass, WorkflowKind};

/// A job that is not over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job<'a> {
    /// What it does.
    pub(crate) kind: WorkflowKind,
    /// Whether it is being undone.
    pub(crate) undoing: bool,
    /// Class and code of the failure that it is at; none if its time ran out without one.
    pub(crate) failure: Option<(FailureClass, &'a str)>,
}

impl Job<'_> {
    fn is_final(&self) -> bool {
        self.failure.is_some_and(|(class, _)| class == FailureClass::Permanent)
    }

    /// What a retry does.
    pub(crate) fn retry(&self) -> &'static str {
        match (self.undoing, self.is_final()) {
            (false, false) => "Try again where it is stuck, with a new deadline",
            (false, true) => "Once the cause is put right: try again where it is stuck, with a new deadline",
            (true, false) => "Try again to undo what it did, with a new deadline",
            (true, true) => "Once the cause is put right: try again to undo what it did, with a new deadline",
        }
    }

    /// What a cancel does.
    pub(crate) fn cancel(&self) -> &'static str {
        match self.kind {
            WorkflowKind::Stop | WorkflowKind::Reboot => "Give the job up; the container stays as it is now",
            _ => "Give the job up; what it did is undone",
        }
    }

    /// What an abandon does.
    pub(crate) fn abandon(&self) -> &'static str {
        match self.kind {
            WorkflowKind::Create => {
                "Give the job up where it is, with a list of what may be left behind; delete the instance to clean that up"
            }
            WorkflowKind::Delete => self.abandon_delete(),
            _ => {
                "Give the job up where it is; nothing is undone, and the instance counts as what it was before"
            }
        }
    }

    /// Passwords, name and quota go at once; what becomes of the container depends on what is in the way.
    fn abandon_delete(&self) -> &'static str {
        match self.failure {
            Some((_, "renumbered" | "not_ours")) => {
                "End the delete: passwords, name and quota are gone now; what is in Proxmox under other numbers is not touched"
            }
            Some((FailureClass::Permanent, _)) => {
                "End the delete without the container: passwords, name and quota are gone now, and the container is \
                 destroyed once the cause is put right"
            }
            _ => {
                "End the delete without the container: passwords, name and quota are gone now, and the container is \
                 destroyed once its node answers again"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_the_container_depends_on_what_is_in_the_way() {
        let stuck = |failure| Job { kind: WorkflowKind::Delete, undoing: false, failure }.abandon();
        assert!(stuck(Some((FailureClass::Transient, "unreachable"))).contains("once its node answers"));
        assert!(stuck(None).contains("once its node answers"));
        assert!(
            stuck(Some((FailureClass::Permanent, "quarantined"))).contains("once the cause is put right")
        );
        assert!(!stuck(Some((FailureClass::Permanent, "renumbered"))).contains("destroyed"));
    }

    #[test]
    fn a_final_failure_is_to_be_put_right_before_a_retry() {
        for undoing in [false, true] {
            let job = |class| Job { kind: WorkflowKind::Stop, undoing, failure: Some((class, "x")) };
            assert!(job(FailureClass::Permanent).retry().starts_with("Once the cause is put right"));
            assert!(job(FailureClass::Unknown).retry().starts_with("Try again"));
        }
    }
}

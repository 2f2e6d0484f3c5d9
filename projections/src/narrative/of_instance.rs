//! What happened to an instance, in words.

use super::{InstanceSubject, Told, step};
use dbx_domain::{
    ids::WorkflowId,
    instance::{CredentialRole, DriftKind, Health, InstanceEvent, Outcome, Remnant, WorkflowKind},
};

/// What a run is doing, for "… db: cloning the template".
const fn doing(kind: WorkflowKind) -> &'static str {
    match kind {
        WorkflowKind::Create => "Creating",
        WorkflowKind::Start => "Starting",
        WorkflowKind::Stop => "Stopping",
        WorkflowKind::Reboot => "Rebooting",
        WorkflowKind::Rotate => "Replacing the password of",
        WorkflowKind::Delete => "Deleting",
    }
}

/// What somebody asks for, for "… asked to stop db".
const fn to_do(kind: WorkflowKind) -> &'static str {
    match kind {
        WorkflowKind::Create => "create",
        WorkflowKind::Start => "start",
        WorkflowKind::Stop => "stop",
        WorkflowKind::Reboot => "reboot",
        WorkflowKind::Rotate => "replace the password of",
        WorkflowKind::Delete => "delete",
    }
}

pub(super) fn tell(event: &InstanceEvent, actor: &str, instance: &InstanceSubject) -> Told {
    use InstanceEvent as E;
    let name = instance.name.as_ref().map_or("the instance", |name| name.as_str());
    match event {
        E::InstanceRequested { name, size, pg_version, .. } => Told::info(format!(
            "{actor} ordered {name} ({}, Postgres {pg_version}, {} GiB)",
            size.plan(),
            size.disk_gib()
        )),
        E::InstanceRenamed { name: new } => Told::info(format!("{actor} renamed {name} to {new}")),
        E::TagsChanged { .. } => Told::info(format!("{actor} changed the tags of {name}")),
        E::ProtectionChanged { protected: true } => {
            Told::info(format!("{actor} protected {name} from deletion"))
        }
        E::ProtectionChanged { protected: false } => {
            Told::info(format!("{actor} lifted the protection of {name} from deletion"))
        }
        E::CredentialRevealed { role, .. } => {
            Told::info(format!("{actor} looked at the {} of {name}", password(*role)))
        }
        E::HealthObserved { health } => health_of(name, *health),
        E::DriftDetected { what, expected, observed } => {
            Told::warning(format!("{name}: {}; expected {expected}, found {observed}", drift(*what)))
        }
        E::DriftRepaired { how, .. } => {
            Told::success(format!("{name}: record and cluster agree again: {how}"))
        }
        event => of_run(event, actor, (name, instance)).unwrap_or_else(|| bookkeeping(event, name)),
    }
}

fn of_run(event: &InstanceEvent, actor: &str, about: (&str, &InstanceSubject)) -> Option<Told> {
    use InstanceEvent as E;
    let (name, instance) = about;
    let doing = |run: &WorkflowId| match instance.runs.get(run) {
        Some(kind) => format!("{} {name}", doing(*kind)),
        None => name.to_owned(),
    };
    Some(match event {
        E::WorkflowRequested { kind: WorkflowKind::Create, .. } => {
            Told::info(format!("Creating {name} was requested")).in_detail()
        }
        E::WorkflowRequested { kind, .. } => Told::info(format!("{actor} asked to {} {name}", to_do(*kind))),
        E::WorkflowFinished { kind, outcome, .. } => finished(name, *kind, outcome),
        E::WorkflowParked { workflow, reason } => {
            let reason = step::parked(reason);
            Told::error(format!("{} is stuck and needs somebody: {reason}", doing(workflow)))
        }
        E::CancelRequested { workflow } => {
            Told::info(format!("{actor} asked to cancel: {}", doing(workflow)))
        }
        E::RetryRequested { workflow, .. } => {
            Told::info(format!("{actor} let it try again: {}", doing(workflow)))
        }
        E::AbandonRequested { workflow, left } => {
            Told::warning(format!("{actor} gave it up: {}{}", doing(workflow), remains(left)))
        }
        E::CompensationBegan { workflow, .. } => {
            Told::warning(format!("{}: undoing what was done", doing(workflow))).in_detail()
        }
        event => return of_step(event, &doing),
    })
}

fn of_step(event: &InstanceEvent, doing: &dyn Fn(&WorkflowId) -> String) -> Option<Told> {
    use InstanceEvent as E;
    let again = |attempt: &u32| match attempt {
        0 | 1 => String::new(),
        number => format!(", attempt {number}"),
    };
    let told = match event {
        E::StepBegan { workflow, step, attempt, .. } => {
            Told::info(format!("{}: {}{}", doing(workflow), step::doing(step), again(attempt)))
        }
        E::TaskSubmitted { workflow, step, .. } => {
            Told::info(format!("{}: the cluster is {}", doing(workflow), step::doing(step)))
        }
        E::StepCompleted { workflow, step, .. } => {
            Told::success(format!("{}: done {}", doing(workflow), step::doing(step)))
        }
        E::StepFailed { workflow, step, failure, retry_at: Some(_), .. } => {
            let message = &failure.message;
            Told::warning(format!(
                "{}: {} failed and will be tried again: {message}",
                doing(workflow),
                step::doing(step)
            ))
        }
        E::StepFailed { workflow, step, failure, .. } => {
            Told::error(format!("{}: {} failed: {}", doing(workflow), step::doing(step), failure.message))
        }
        E::UndoBegan { workflow, step, attempt, .. } => {
            Told::info(format!("{}: undoing {}{}", doing(workflow), step::doing(step), again(attempt)))
        }
        E::UndoCompleted { workflow, step, .. } => {
            Told::info(format!("{}: undone: {}", doing(workflow), step::doing(step)))
        }
        E::UndoFailed { workflow, step, failure, .. } => Told::warning(format!(
            "{}: undoing {} failed: {}",
            doing(workflow),
            step::doing(step),
            failure.message
        )),
        _ => return None,
    };
    Some(told.in_detail())
}

fn bookkeeping(event: &InstanceEvent, name: &str) -> Told {
    use InstanceEvent as E;
    let sentence = match event {
        E::PlacementReserved { node, ctid, .. } => {
            format!("{name} has a place on {node} as container {ctid}")
        }
        E::PlacementReleased { ctid } => format!("The place of {name}, container {ctid}, is free again"),
        E::CredentialIssued { role, version, .. } => {
            format!("Version {version} of the {} of {name} was made", password(*role))
        }
        E::CredentialActivated { role, version } => {
            format!("{name} accepts version {version} of the {}", password(*role))
        }
        E::CredentialRetired { role, version } => {
            format!("Version {version} of the {} of {name} was destroyed", password(*role))
        }
        E::SecretsShredded {} => format!("Every secret of {name} was destroyed"),
        E::ServerObserved { server_version, .. } => format!("{name} answers with Postgres {server_version}"),
        other => format!("{name}: {}", other.name()),
    };
    Told::info(sentence).in_detail()
}

fn finished(name: &str, kind: WorkflowKind, outcome: &Outcome) -> Told {
    let doing = doing(kind);
    match outcome {
        Outcome::Succeeded => Told::success(match kind {
            WorkflowKind::Create => format!("{name} is ready"),
            WorkflowKind::Start => format!("{name} was started"),
            WorkflowKind::Stop => format!("{name} was stopped"),
            WorkflowKind::Reboot => format!("{name} was rebooted"),
            WorkflowKind::Rotate => format!("{name} has a new password"),
            WorkflowKind::Delete => format!("{name} was deleted"),
        }),
        Outcome::Failed { failure } => Told::error(format!("{doing} {name} failed: {}", failure.message)),
        Outcome::Canceled => Told::warning(format!("{doing} {name} was canceled")),
        Outcome::Superseded => Told::info(format!("{doing} {name} gave way to its deletion")),
        Outcome::Abandoned { left } => Told::warning(format!("{doing} {name} was given up{}", remains(left))),
    }
}

fn remains(left: &[Remnant]) -> String {
    if left.is_empty() {
        return String::new();
    }
    let left: Vec<String> = left.iter().map(ToString::to_string).collect();
    format!("; may be left behind: {}", left.join(", "))
}

fn health_of(name: &str, health: Health) -> Told {
    match health {
        Health::Healthy => Told::success(format!("{name} answers again")),
        Health::Unreachable => Told::warning(format!("{name} does not answer")),
        Health::Unknown => Told::info(format!("It is unknown whether {name} answers")),
    }
}

const fn password(role: CredentialRole) -> &'static str {
    match role {
        CredentialRole::Tenant => "password",
        CredentialRole::Platform => "platform password",
    }
}

const fn drift(what: DriftKind) -> &'static str {
    match what {
        DriftKind::ContainerStopped => "its container does not run",
        DriftKind::ContainerRunning => "its container runs and should not",
        DriftKind::ContainerMissing => "its container is missing",
        DriftKind::ContainerMoved => "its container is on another node",
        DriftKind::ContainerForeign => "its container's number carries something else",
        DriftKind::ContainerLeft => "a container is left that should be gone",
        DriftKind::PlacementLeft => "its container number and address are still reserved",
        DriftKind::FirewallOpen => "its firewall is not as it was set",
    }
}

//! What an attempt called is on record with how it ended.

use crate::{
    script::Script,
    world::{Made, World},
};
use dbx_domain::instance::{CallOutcome, ClusterCalls, InstanceEvent, WorkflowKind};
use dbx_workflows::replay::{Batch, decide_again};

fn calls_of<'a>(history: &'a [InstanceEvent], name: &str) -> &'a ClusterCalls {
    let done = |event: &&InstanceEvent| match event {
        InstanceEvent::StepCompleted { step, .. } => step.as_str() == name,
        _ => false,
    };
    history.iter().find(done).and_then(InstanceEvent::calls).unwrap()
}

#[tokio::test]
async fn every_call_of_a_step_is_on_record_and_nothing_that_it_carried() {
    let world = World::new(Made::WithEmulator).await;
    world.order().await;
    world.settle(Script::nothing()).await;
    world.ask(WorkflowKind::Delete).await.unwrap();
    world.settle(Script::nothing()).await;
    let history = world.log.history(world.instance).await;
    for (step, method, end) in [
        ("clone", "POST", "/clone"),
        ("configure", "PUT", "/config"),
        ("deliver_env", "PUT", "/config"),
        ("start", "POST", "/status/start"),
        ("destroy", "DELETE", ""),
    ] {
        let calls = calls_of(&history, step);
        let made = calls.made.iter().find(|call| call.method == method && call.path.ends_with(end));
        let made = made.unwrap_or_else(|| panic!("{step}: {calls:#?}"));
        assert_eq!((made.outcome, made.status), (CallOutcome::Done, Some(200)), "{step}");
        assert!(calls.made.iter().any(|call| call.method == "GET"), "{step} looks before and after");
    }
    assert!(calls_of(&history, "issue_credentials").is_empty(), "it calls nobody");
    let told = serde_json::to_string(&history).unwrap();
    for carried in ["SCRAM", "PG_TENANT", "?", "token="] {
        assert!(!told.contains(carried), "{carried}");
    }
}

#[tokio::test]
async fn what_was_called_is_no_decision() {
    let world = World::new(Made::WithEmulator).await;
    world.order().await;
    world.settle(Script::nothing()).await;
    let (mut instance, mut decided) = (dbx_domain::Instance::default(), 0);
    for event in world.log.history(world.instance).await {
        let ends = event.calls().is_some_and(|calls| !calls.is_empty());
        let batch = Batch { recorded_at: dbx_domain::time::Timestamp::EPOCH, events: vec![event.clone()] };
        if ends && let Some(again) = decide_again(&instance, &batch) {
            assert!(again.same, "{event:?}");
            decided += 1;
        }
        cqrs_es::Aggregate::apply(&mut instance, event);
    }
    assert!(decided > 3, "{decided}");
}

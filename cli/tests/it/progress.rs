//! What is told about a job's steps, and when.

use crate::fixtures::{job, job_with_steps};
use dbx_cli::progress::Tracker;

fn news(tracker: &mut Tracker, steps: &[(&str, u32)]) -> Vec<String> {
    tracker.news(&job_with_steps(steps)).iter().map(|line| line.plain()).collect()
}

#[test]
fn each_step_is_told_once_when_it_is_done() {
    let mut tracker = Tracker::default();
    assert!(news(&mut tracker, &[("running", 1)]).is_empty());
    assert_eq!(
        news(&mut tracker, &[("completed", 1), ("running", 1)]),
        ["Reserve a place on a node … done 0.8s"]
    );
    assert!(news(&mut tracker, &[("completed", 1), ("running", 1)]).is_empty());
    let both = news(&mut tracker, &[("completed", 1), ("completed", 1), ("completed", 1)]);
    assert_eq!(both, ["Issue credentials … done 0.8s", "Clone the template … done 0.8s"]);
}

#[test]
fn each_attempt_that_failed_is_told_with_its_reason() {
    let mut tracker = Tracker::default();
    let again = ["Reserve a place on a node … trying again: the node does not answer"];
    assert_eq!(news(&mut tracker, &[("retrying", 1)]), again);
    assert!(news(&mut tracker, &[("retrying", 1)]).is_empty());
    assert!(news(&mut tracker, &[("running", 2)]).is_empty());
    assert_eq!(news(&mut tracker, &[("retrying", 2)]), again);
    assert_eq!(news(&mut tracker, &[("completed", 3)]), ["Reserve a place on a node … done 0.8s"]);
}

#[test]
fn undoing_is_told_backwards() {
    let mut tracker = Tracker::default();
    news(&mut tracker, &[("completed", 1), ("completed", 1), ("running", 1)]);
    let lines = news(&mut tracker, &[("undone", 1), ("undone", 1), ("failed", 1)]);
    assert_eq!(
        lines,
        [
            "Clone the template … failed: the node does not answer",
            "Issue credentials … undone",
            "Reserve a place on a node … undone"
        ]
    );
}

#[test]
fn the_step_under_way_is_known() {
    let job = job_with_steps(&[("completed", 1), ("retrying", 2)]);
    assert_eq!(
        Tracker::current(&job).unwrap(),
        format!("Trying again: Issue credentials (2 of {})", job.steps.len())
    );
    assert!(Tracker::current(&self::job("succeeded")).is_none());
}

#[test]
fn the_end_is_told_with_the_time_it_took_in_all() {
    let line = Tracker::verdict(&job("succeeded")).unwrap().plain();
    assert!(line.contains(" … done ") && line.ends_with(" in all"), "{line}");
    assert!(Tracker::verdict(&job_with_steps(&[("running", 1)])).is_none());
}

#[test]
fn messages_of_others_cannot_drive_the_terminal() {
    let mut job = job_with_steps(&[("failed", 1)]);
    job.steps[0].error.as_mut().unwrap().message = "\u{1b}[2Jgone\nerror: fake".to_owned();
    let line = Tracker::default().news(&job)[0].plain();
    assert!(!line.contains('\u{1b}') && !line.contains('\n'), "{line:?}");
}

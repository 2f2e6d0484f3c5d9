//! Bodies that a real server answered, and variations on them.

use dbx_cli::api::{Instance, Job, PageInstance, PageJob};
use serde_json::{Value, json};

pub(crate) fn instances() -> Vec<Instance> {
    let page: PageInstance = serde_json::from_str(include_str!("../fixtures/instances.json")).unwrap();
    page.data
}

pub(crate) fn jobs() -> Vec<Job> {
    let page: PageJob = serde_json::from_str(include_str!("../fixtures/jobs.json")).unwrap();
    page.data
}

pub(crate) fn job(status: &str) -> Job {
    jobs().into_iter().find(|job| job.status.to_string() == status).unwrap()
}

/// A job whose steps stand as told, in order; the rest is pending.
pub(crate) fn job_with_steps(steps: &[(&str, u32)]) -> Job {
    let mut body: Value = serde_json::to_value(job("succeeded")).unwrap();
    body["status"] = json!("running");
    for (index, step) in body["steps"].as_array_mut().unwrap().iter_mut().enumerate() {
        let (status, attempts) = steps.get(index).copied().unwrap_or(("pending", 0));
        step["status"] = json!(status);
        step["attempts"] = json!(attempts);
        step["startedAt"] = json!("2026-01-01T00:00:00Z");
        step["finishedAt"] =
            if status == "completed" { json!("2026-01-01T00:00:00.84Z") } else { Value::Null };
        if matches!(status, "retrying" | "failed") {
            step["error"] =
                json!({ "code": "timeout", "message": "the node does not answer", "class": "transient" });
        }
    }
    serde_json::from_value(body).unwrap()
}

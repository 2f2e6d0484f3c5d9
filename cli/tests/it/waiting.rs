//! Waiting keeps its limit and leaves no script guessing, whatever the server does.

use crate::{
    fixtures::job_with_steps,
    program::Dbx,
    server::{Reply, Server},
};
use serde_json::{Value, json};

/// A server that knows of a running job, and then does this.
fn then(reply: Reply) -> (Server, String) {
    let (server, job) = (Server::new(), json!(job_with_steps(&[("running", 1)])));
    let id = job["id"].as_str().unwrap().to_owned();
    server.on(&format!("GET /v1/jobs/{id}"), [Reply::Json(200, job), reply]);
    (server, id)
}

#[test]
fn the_limit_holds_for_a_server_that_hangs_up_or_hangs() {
    for reply in [Reply::HangUp, Reply::Stall(String::new())] {
        let (server, id) = then(reply);
        let line = format!("job watch {id} --timeout 1s -o json");
        let (code, stdout, stderr) = Dbx::new().with_token(&server.url(), &line);
        assert_eq!(code, Some(3), "{stderr}");
        let failure: Value = serde_json::from_str(&stderr).unwrap();
        assert_eq!((&failure["code"], &failure["jobId"]), (&json!("wait_timed_out"), &json!(id)));
        assert_eq!(serde_json::from_str::<Value>(&stdout).unwrap()["id"], json!(id));
    }
}

#[test]
fn a_lost_watch_is_no_reason_to_order_again() {
    let refusal = json!({ "title": "No", "status": 401, "detail": "no", "code": "unauthenticated", "requestId": "r-1",
                          "type": "x", "errors": [], "retryable": true });
    let (server, id) = then(Reply::Json(401, refusal));
    let (code, _, stderr) = Dbx::new().with_token(&server.url(), &format!("job watch {id} -o json"));
    assert_eq!(code, Some(2), "{stderr}");
    let failure: Value = serde_json::from_str(&stderr).unwrap();
    assert_eq!((&failure["code"], &failure["retryable"]), (&json!("watch_lost"), &json!(false)));
    assert_eq!((&failure["cause"], &failure["requestId"]), (&json!("unauthenticated"), &json!("r-1")));
    assert_eq!(
        (&failure["jobId"], &failure["next"]),
        (&json!(id), &json!(format!("watch it: dbx job watch {id}")))
    );
    assert!(failure["detail"].as_str().unwrap().ends_with(&format!("job {id} goes on")), "{failure}");
}

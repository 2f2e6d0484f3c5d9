//! Every way to ask wrongly gets a problem that says what is wrong.

use crate::stand::Stand;
use dbx_domain::org::{OrgEvent, Quota};
use poem::http::Method;
use serde_json::{Value, json};

async fn order(body: Value) -> crate::stand::Reply {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    stand.post(&format!("/v1/projects/{project}/instances")).by(&ada).json(&body).send().await
}

#[tokio::test]
async fn the_specifications_example_is_accepted_as_it_stands() {
    let body =
        json!({ "name": "prod-db", "plan": "pro", "pgVersion": 16, "diskGiB": 100, "tags": {"env": "prod"} });
    let reply = order(body).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    assert_eq!(reply.header("location").unwrap(), format!("/v1/jobs/{}", reply.text_at("/id")));
    let instance = &reply.json()["instance"];
    assert_eq!((&instance["diskGiB"], &instance["pgVersion"]), (&json!(100), &json!(16)));
    assert_eq!(instance["tags"], json!({ "env": "prod" }));
    assert_eq!(instance["currentJobId"], reply.json()["id"]);
}

#[tokio::test]
async fn an_order_names_every_bad_field_with_what_is_allowed() {
    let reply =
        order(json!({ "name": "Prod", "plan": "huge", "pgVersion": 9, "diskGiB": "big", "disk": 5 })).await;
    let fields = reply.complaints(422, "validation_failed");
    assert_eq!(fields, ["name", "plan", "pgVersion", "diskGiB", "disk"]);
    let errors = reply.json()["errors"].clone();
    assert_eq!(errors[1]["allowed"], json!(["nano", "lite", "pro", "pro-heavy"]));
    assert_eq!(errors[2]["allowed"], json!([16, 17, 18]));
    assert_eq!(errors[4]["allowed"], json!(["name", "plan", "pgVersion", "diskGiB", "tags"]));
}

#[tokio::test]
async fn a_disk_out_of_range_names_the_range() {
    let reply = order(json!({ "name": "db", "plan": "nano", "diskGiB": 500 })).await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["diskGiB"]);
    assert!(reply.text.contains("20 to 40 GiB"), "{}", reply.text);
}

#[tokio::test]
async fn missing_fields_are_named() {
    let reply = order(json!({})).await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["name", "plan"]);
}

#[tokio::test]
async fn taken_names_and_a_reached_quota_are_told_apart() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let projects = format!("/v1/orgs/{}/projects", ada.org);
    let again = stand.post(&projects).by(&ada).json(&json!({ "name": "shop" })).send().await;
    assert_eq!(again.complaints(409, "name_taken"), ["name"]);

    stand.order(&ada, &project, "db").await;
    let path = format!("/v1/projects/{project}/instances");
    let order = |name: &str| stand.post(&path).by(&ada).json(&json!({ "name": name, "plan": "nano" }));
    assert_eq!(order("db").send().await.complaints(409, "name_taken"), ["name"]);
    let quota = Quota { instances: 1, ..Quota::default() };
    stand.append_to_org(ada.org, &[OrgEvent::QuotaSet { quota }]).await;
    let problem = order("second").send().await.problem(422, "quota_exceeded");
    assert!(problem["detail"].as_str().unwrap().contains("1 in use"), "{problem:#}");
    stand.delete(&format!("/v1/projects/{project}")).by(&ada).send().await.problem(409, "not_empty");
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let post = || stand.post("/v1/orgs").by(&ada);
    let malformed = post().raw("{\n  \"name\": }").send().await;
    assert_eq!(malformed.complaints(400, "malformed_json"), ["body"]);
    assert!(malformed.text.contains("line 2, column 11"), "{}", malformed.text);
    let list = post().raw("[1]").send().await.problem(400, "malformed_json");
    assert!(list["detail"].as_str().unwrap().contains("an array"), "{list:#}");
    assert!(!list.to_string().contains("not valid JSON"), "it is: {list:#}");
    let twice = post().raw(r#"{"name":"a","name":"b"}"#).send().await;
    assert_eq!(twice.complaints(400, "malformed_json"), ["body"]);
    assert!(twice.text.contains("`name` is there twice"), "{}", twice.text);
    post().raw("").send().await.problem(400, "malformed_json");
    post().raw(vec![b' '; 65 * 1024]).send().await.problem(413, "payload_too_large");
    post().header("content-length", "70000").raw("{}").send().await.problem(413, "payload_too_large");
    post().text("name=Acme").send().await.problem(415, "unsupported_media_type");
    let form = post().header("content-type", "application/x-www-form-urlencoded").text("name=Acme");
    form.send().await.problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn addresses_and_methods_that_do_not_exist() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for path in ["/v1", "/v1/nothing", "/v2/orgs", "/v1/orgs/", "/v1/instances/ins_1/~start"] {
        stand.get(path).by(&ada).send().await.problem(404, "not_found");
    }
    let reply = stand.request(Method::PUT, "/v1/orgs").by(&ada).send().await;
    reply.problem(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("GET, POST"));
    let reply = stand.get("/v1/instances/ins_1:start").by(&ada).send().await;
    reply.problem(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("POST"));
}

#[tokio::test]
async fn parameters_out_of_their_rules() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for query in ["page[size]=0", "page[size]=201", "page[size]=many"] {
        let reply = stand.get(&format!("/v1/orgs?{query}")).by(&ada).send().await;
        assert_eq!(reply.complaints(422, "validation_failed"), ["page[size]"], "{query}");
    }
    let reply = stand.get("/v1/orgs?page[size]=201").by(&ada).send().await;
    let error = &reply.json()["errors"][0];
    assert_eq!(error["message"], "must be a whole number from 1 to 200");
    assert_eq!(error["allowed"], json!(["1..200"]));
    let reply = stand.get("/v1/orgs?page[token]=nonsense").by(&ada).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["page[token]"]);
    let id = "job_00000000000000000000000000";
    for wait in ["61", "abc", "-1", "1.5", "", "99999999999999999999"] {
        let reply = stand.get(&format!("/v1/jobs/{id}?wait={wait}")).by(&ada).send().await;
        assert_eq!(reply.complaints(422, "validation_failed"), ["wait"], "{wait}");
        assert_eq!(reply.json()["errors"][0]["allowed"], json!(["0..60"]), "{wait}");
    }
}

#[tokio::test]
async fn numbers_that_are_none_say_what_the_field_wants() {
    for (disk, shown) in [
        (json!(-1), "-1"),
        (json!(1.5), "1.5"),
        (json!(1e30), "1e+30"),
        (json!("20"), "a string"),
        (json!([20]), "an array"),
        (json!(u64::MAX), "18446744073709551615"),
    ] {
        let reply = order(json!({ "name": "db", "plan": "nano", "diskGiB": disk })).await;
        assert_eq!(reply.complaints(422, "validation_failed"), ["diskGiB"], "{disk}");
        let error = &reply.json()["errors"][0];
        assert_eq!(error["allowed"], json!(["20..40"]), "{disk}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("from 20 to 40") && message.contains(shown), "{disk}: {message}");
    }
    let reply = order(json!({ "name": "db", "plan": "nano", "pgVersion": 16.5 })).await;
    assert_eq!(reply.json()["errors"][0]["allowed"], json!([16, 17, 18]), "{}", reply.text);
    let whole = order(json!({ "name": "db", "plan": "nano", "diskGiB": 20.0, "pgVersion": 16.0 })).await;
    assert_eq!(whole.status, 202, "20.0 is a whole number: {}", whole.text);
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for (path, named) in [
        ("/v1/projects/prj_00000000000000000000000000/instances", "project `prj_0000"),
        ("/v1/projects/nonsense", "project `nonsense`"),
        ("/v1/instances/ins_00000000000000000000000000", "instance `ins_0000"),
    ] {
        let problem = stand.get(path).by(&ada).send().await.problem(404, "not_found");
        assert!(problem["detail"].as_str().unwrap().contains(named), "{problem:#}");
    }
}

#[tokio::test]
async fn an_unreachable_database_is_a_retryable_503() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    stand.database.db().close();
    let reply = stand.get("/v1/orgs").by(&ada).send().await;
    let problem = reply.problem(503, "unavailable");
    assert_eq!(problem["retryable"], true);
    assert!(reply.header("retry-after").is_some());
    stand.get("/readyz").send().await.problem(503, "unavailable");
    assert_eq!(stand.get("/healthz").send().await.status, 200);
}

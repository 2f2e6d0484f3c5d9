//! Answers around the end of a server: it finishes those under way when it is asked to stop, and one that was lost is given
//! again under the same key.

use crate::{cli::PASSWORD, demo::Demo, lifecycle::eventually};
use serde_json::{Value, json};
use std::thread::JoinHandle;
use ureq::Agent;

/// A person by HTTP alone, with a project.
#[derive(Clone)]
struct Person {
    url: String,
    token: String,
    instances: String,
}

fn agent() -> Agent {
    Agent::config_builder().http_status_as_error(false).build().into()
}

fn posted(url: &str, token: &str, key: &str, body: &Value) -> Option<(u16, Value)> {
    let request = agent()
        .post(url)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {token}"))
        .header("idempotency-key", key);
    let mut answer = request.send(body.to_string()).ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), serde_json::from_str(&text).unwrap()))
}

impl Person {
    fn register(demo: &Demo) -> Self {
        let url = demo.url.clone();
        let body = json!({ "email": "ada@example.com", "displayName": "Ada", "password": PASSWORD, "delivery": "token" });
        let (_, session) = posted(&format!("{url}/v1/auth/register"), "", "sign-up", &body).unwrap();
        let token = session["token"].as_str().unwrap().to_owned();
        let mut person = Self { url, token, instances: String::new() };
        let org = person.get("/v1/orgs")["data"][0]["id"].as_str().unwrap().to_owned();
        let projects = format!("{}/v1/orgs/{org}/projects", person.url);
        let (_, project) = posted(&projects, &person.token, "project", &json!({ "name": "shop" })).unwrap();
        person.instances = format!("/v1/projects/{}/instances", project["id"].as_str().unwrap());
        person
    }

    fn get(&self, path: &str) -> Value {
        let request = agent().get(format!("{}{path}", self.url));
        let mut answer = request.header("authorization", format!("Bearer {}", self.token)).call().unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// Orders an instance; the answer is held back until it runs.
    fn order(&self, name: &str) -> JoinHandle<Option<(u16, Value)>> {
        let (person, name) = (self.clone(), name.to_owned());
        let url = format!("{}{}?wait=60", person.url, person.instances);
        let body = json!({ "name": name, "plan": "nano", "pgVersion": 17 });
        std::thread::spawn(move || posted(&url, &person.token, &name, &body))
    }

    fn ordered(&self, name: &str) -> Vec<Value> {
        let list = self.get(&self.instances)["data"].as_array().unwrap().clone();
        list.into_iter().filter(|instance| instance["name"] == name).collect()
    }
}

#[test]
fn a_server_that_is_asked_to_stop_finishes_its_answers() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo);
    let order = ada.order("db");
    eventually(|| ada.ordered("db").len() == 1, "the order is on record, its answer held back");
    demo.ask_to_stop();
    let (status, job) = order.join().unwrap().expect("an answer, not a closed connection");
    assert_eq!(status, 202);
    assert!(matches!(job["status"].as_str(), Some("queued" | "running")), "as it stood: {job:#}");
    demo.stop();
}

#[test]
fn an_answer_lost_by_kill_9_after_the_commit_is_given_again() {
    let mut demo = Demo::start();
    let mut ada = Person::register(&demo);
    let order = ada.order("db");
    eventually(|| ada.ordered("db").len() == 1, "the order is on record, its answer held back");
    demo.kill();
    assert_eq!(order.join().unwrap(), None, "the answer was lost");
    demo.restart();
    ada.url.clone_from(&demo.url);
    let known = ada.ordered("db");
    let (status, again) = ada.order("db").join().unwrap().unwrap();
    assert_eq!((status, &again["instance"]["id"]), (202, &known[0]["id"]));
    assert_eq!(again["status"], "succeeded", "{again:#}");
    assert_eq!(ada.ordered("db").len(), 1, "never a second one");
    demo.stop();
}

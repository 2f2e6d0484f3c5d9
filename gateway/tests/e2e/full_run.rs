//! A whole life of an account, in which every secret there is comes up once: none of them is kept, logged or answered
//! anywhere but where it is handed over.

use crate::{
    demo::Demo,
    secrecy::{files_with, shown_by_processes},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};
use ureq::{Agent, http::Request};

const PASSWORD: &str = "violet tractor under nine moons";
const NEXT_PASSWORD: &str = "seven green lanterns in a row";

/// A client that keeps everything it was answered.
struct Client {
    url: String,
    agent: Agent,
    answers: Vec<String>,
    secrets: Vec<String>,
}

impl Client {
    fn new(url: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true);
        let secrets = vec![PASSWORD.to_owned(), NEXT_PASSWORD.to_owned()];
        Self { url: url.to_owned(), agent: config.build().into(), answers: Vec::new(), secrets }
    }

    /// The answer, headers and all.
    fn send(&self, token: &str, method: &str, path: &str, body: &Value) -> (String, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {token}"));
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut answer = self.agent.run(request.body(text).unwrap()).unwrap();
        let head = format!("{method} {path}\n{} {:?}\n", answer.status(), answer.headers());
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "{head}{text}");
        (format!("{head}{text}"), serde_json::from_str(&text).unwrap_or_default())
    }

    /// Asks for what shows no secret; keeps the answer, without the line that this client wrote.
    fn ask(&mut self, token: &str, method: &str, path: &str, body: &Value) -> Value {
        let (whole, answer) = self.send(token, method, path, body);
        self.answers.push(whole.split_once('\n').unwrap().1.to_owned());
        answer
    }

    /// Asks for what hands a secret over at `pointer`, and notes it.
    fn receive(
        &mut self,
        token: &str,
        method: &str,
        path: &str,
        body: &Value,
        pointer: &str,
    ) -> (String, Value) {
        let (_, answer) = self.send(token, method, path, body);
        let secret =
            answer.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{path}: {answer}"));
        self.secrets.push(secret.to_owned());
        (secret.to_owned(), answer)
    }

    fn sign_up(&mut self, name: &str) -> (String, Value) {
        let body = json!({ "email": format!("{name}@example.com"), "displayName": name, "password": PASSWORD,
                           "delivery": "token" });
        self.receive("", "POST", "/v1/auth/register", &body, "/token")
    }
}

/// Everything that a person and their programs do; gives the token that is left.
fn life(client: &mut Client) -> String {
    let (ada, _) = client.sign_up("ada");
    let (bob, _) = client.sign_up("bob");
    let orgs = client.ask(&ada, "GET", "/v1/orgs", &Value::Null);
    let org = orgs["data"][0]["id"].as_str().unwrap().to_owned();
    let invitation = json!({ "email": "bob@example.com", "role": "member" });
    let path = format!("/v1/orgs/{org}/invitations");
    let (link, _) = client.receive(&ada, "POST", &path, &invitation, "/token");
    client.ask(&ada, "GET", &path, &Value::Null);
    client.ask(&bob, "POST", &format!("/v1/invitations/{link}/accept"), &Value::Null);
    let key = json!({ "orgId": org, "name": "program", "role": "admin" });
    let (key, _) = client.receive(&ada, "POST", "/v1/apikeys", &key, "/token");
    client.ask(&ada, "GET", "/v1/apikeys", &Value::Null);
    let project = client.ask(&key, "POST", &format!("/v1/orgs/{org}/projects"), &json!({ "name": "shop" }));
    let instances = format!("/v1/projects/{}/instances", project["id"].as_str().unwrap());
    let order = json!({ "name": "db", "plan": "nano" });
    let made = client.ask(&key, "POST", &format!("{instances}?wait=60"), &order);
    assert_eq!(made["status"], "succeeded", "{made:#}");
    let instance = format!("/v1/instances/{}", made["instance"]["id"].as_str().unwrap());
    let reveal = format!("{instance}/credentials:reveal");
    client.receive(&ada, "POST", &reveal, &Value::Null, "/password");
    let rotated = client.ask(&key, "POST", &format!("{instance}:rotate-creds?wait=60"), &Value::Null);
    assert_eq!(rotated["status"], "succeeded", "{rotated:#}");
    client.receive(&bob, "POST", &reveal, &Value::Null, "/password");
    for path in ["", "/connection", "/events?page[size]=200", "/metrics"] {
        client.ask(&key, "GET", &format!("{instance}{path}"), &Value::Null);
    }
    client.ask(&key, "GET", &instances, &Value::Null);
    let change = json!({ "currentPassword": PASSWORD, "newPassword": NEXT_PASSWORD });
    let (ada, _) = client.receive(&ada, "POST", "/v1/users/me/password", &change, "/token");
    client.ask(&ada, "GET", "/v1/users/me/sessions", &Value::Null);
    client.ask(&ada, "DELETE", &format!("{instance}?wait=60"), &Value::Null);
    client.ask(&bob, "POST", "/v1/auth/logout", &Value::Null);
    ada
}

/// What `psql` prints for a script, which may hold commands of its own.
fn psql_script(connection: &str, script: &str) -> String {
    let mut psql = Command::new("psql")
        .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", connection])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(psql.stdin.take().unwrap(), "{script}").unwrap();
    let output = psql.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn no_secret_of_a_full_run_is_kept_logged_or_answered() {
    let mut demo = Demo::start();
    let mut client = Client::new(&demo.url);
    let ada = life(&mut client);
    for path in ["/v1/users/me", "/v1/orgs", "/metrics", "/readyz"] {
        client.ask(&ada, "GET", path, &Value::Null);
    }
    let url = fs::read_to_string(demo.state().join("control/database-url")).unwrap();
    let tables = "select format('select t::text from %s t', oid::regclass) from pg_class
                  where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace \\gexec";
    let dump = psql_script(url.trim(), tables);
    assert!(
        dump.contains("InstanceRequested") && dump.contains("ada@example.com"),
        "every row of every table"
    );
    assert!(client.secrets.len() >= 9, "{} secrets came up", client.secrets.len());
    for secret in &client.secrets {
        assert!(secret.len() > 16, "too short to look for");
        let answered = client.answers.iter().find(|answer| answer.contains(secret));
        assert_eq!(answered, None, "answered where it is not handed over");
        assert!(!dump.contains(secret), "in the control database");
        // Logs of server and cluster, and every other file: read models, WAL, the instances' own.
        let found = files_with(demo.state(), secret.as_bytes());
        assert!(found.is_empty(), "in the clear in {found:?}");
        assert!(!shown_by_processes(secret), "in a process's arguments");
    }
    demo.stop();
}

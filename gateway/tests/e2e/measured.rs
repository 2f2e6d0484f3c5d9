//! What is measured of an instance is what its server really does.

use crate::{
    cli::{PASSWORD, Person},
    demo::Demo,
    lifecycle::eventually,
};
use serde_json::{Value, json};
use std::{
    io::Write as _,
    process::{Child, Command, Stdio},
};

/// The newest sample of an instance, asked for over HTTP.
fn latest(demo: &Demo, token: &str, instance: &str) -> Value {
    let url = format!("{}/v1/instances/{instance}/metrics?window=15m", demo.url);
    let mut answer = ureq::get(&url).header("authorization", format!("Bearer {token}")).call().unwrap();
    let metrics: Value = serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap();
    metrics["latest"].clone()
}

fn token(demo: &Demo, name: &str) -> String {
    let login = json!({ "email": format!("{name}@example.com"), "password": PASSWORD, "delivery": "token" });
    let request =
        ureq::post(format!("{}/v1/auth/login", demo.url)).header("content-type", "application/json");
    let text = request.send(login.to_string()).unwrap().body_mut().read_to_string().unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_busy_server_shows_its_load_data_and_connections() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("db", "17");
    let id = ada.json(&["instance", "info", "db"])["id"].as_str().unwrap().to_owned();
    let (connection, token) = (ada.connection("db"), token(&demo, "ada"));
    let number = |sample: &Value, figure: &str| sample[figure].as_f64();
    let mut sample = Value::Null;
    eventually(
        || {
            sample = latest(&demo, &token, &id);
            number(&sample, "cpu").is_some() && number(&sample, "diskBytes").is_some()
        },
        "cluster and server were measured",
    );
    assert!(number(&sample, "memoryBytes").unwrap() > 1e6, "{sample}");
    assert!(number(&sample, "diskBytes").unwrap() > 20e6, "databases and WAL of a new server: {sample}");
    let mut client = busy(&connection);
    eventually(
        || {
            sample = latest(&demo, &token, &id);
            number(&sample, "queriesPerSecond").is_some_and(|rate| rate > 20.0)
                && number(&sample, "connections") == Some(1.0)
                && number(&sample, "cpu").is_some_and(|cpu| cpu > 0.1)
        },
        "the load shows",
    );
    client.kill().unwrap();
    client.wait().unwrap();
    demo.stop();
}

/// A client that works: one connection, one transaction after the other.
fn busy(connection: &str) -> Child {
    let mut client = Command::new("psql")
        .args(["-X", "-q", "-d", connection])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut work = client.stdin.take().unwrap();
    // Ends when the client does.
    std::thread::spawn(
        move || {
            while writeln!(work, "select count(*) from generate_series(1, 50000);").is_ok() {}
        },
    );
    client
}

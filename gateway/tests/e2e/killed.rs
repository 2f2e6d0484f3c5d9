//! `kill -9` of the server at moments all over a create, and what the next start makes of it.

use crate::{
    cli::{Person, psql},
    demo::Demo,
    lifecycle::eventually,
};
use std::time::Duration;

#[test]
fn a_create_that_was_killed_at_any_moment_ends_as_one_running_instance() {
    let mut demo = Demo::start();
    let mut ada = Person::register(&demo, "ada");
    // From "the order is not on record" over every step to "it waits for Postgres".
    for (round, moment) in [5, 60, 150, 400, 700, 1_000, 1_600, 2_500].into_iter().enumerate() {
        let name = format!("db{round}");
        let arguments =
            ["instance", "create", "--project", "myapp", "--name", &name, "--plan", "nano", "--pg", "17"];
        let mut create = ada
            .command(&arguments)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::park_timeout(Duration::from_millis(moment));
        demo.kill();
        let _ = create.kill();
        let _ = create.wait();
        demo.restart();
        ada.moved(&demo);
        let list =
            || ada.json(&["instance", "list", "--project", "myapp"])["data"].as_array().unwrap().clone();
        let mine =
            || list().into_iter().filter(|instance| instance["name"] == name.as_str()).collect::<Vec<_>>();
        if mine().is_empty() {
            // Killed before the order was on record: asking again must work.
            ada.create(&name, "17");
        }
        eventually(
            || mine().iter().any(|instance| instance["lifecycle"] == "running"),
            &format!("{name}, killed at {moment} ms, runs"),
        );
        assert_eq!(mine().len(), 1, "{name} exists once");
        assert_eq!(psql(&ada.connection(&name), "select 1"), Ok("1".to_owned()));
        let servers = demo
            .processes()
            .into_iter()
            .filter(|line| line.contains("cluster/") && line.contains("bin/postgres"));
        assert_eq!(servers.count(), round + 1, "one server per instance");
    }
    demo.stop();
}

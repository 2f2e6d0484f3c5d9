//! Bad input: refused with what was wrong, where, and what is allowed.

use crate::{cli::Person, demo::Demo};
use serde_json::{Value, json};

#[test]
fn each_mistake_is_named_with_its_field_and_what_is_allowed() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("taken", "17");
    let create = |more: &[&str]| {
        let base = ["instance", "create", "--project", "myapp", "--output", "json"];
        let output = ada.run(&[&base[..], more].concat());
        assert!(!output.status.success(), "{more:?} was accepted");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        serde_json::from_str::<Value>(&text).unwrap_or_else(|_| json!({ "text": text }))
    };
    let cases: [(&[&str], &str, &[&str]); 5] = [
        (&["--name", "db", "--plan", "huge"], "plan", &["nano", "lite", "pro", "pro-heavy"]),
        (&["--name", "db", "--plan", "pro", "--disk", "999"], "disk", &["100", "200"]),
        (&["--name", "db", "--plan", "nano", "--pg", "9"], "pg", &["16", "17", "18"]),
        (&["--name", "taken", "--plan", "nano"], "taken", &["name"]),
        (&["--name", "Not A Name", "--plan", "nano"], "name", &["a-z"]),
    ];
    for (arguments, field, allowed) in cases {
        let problem = create(arguments).to_string();
        assert!(problem.to_lowercase().contains(field), "{arguments:?}: {problem}");
        for value in allowed {
            assert!(problem.contains(value), "{arguments:?} does not name {value}: {problem}");
        }
    }
    let output = ada.run(&["instance", "create", "--project", "nowhere", "--name", "db", "--plan", "nano"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("nowhere"));
    demo.stop();
}

//! From names and ids to things.

use crate::fixtures;
use dbx_cli::{
    api::Instance,
    resolve::{ResolveError, is_id, pick},
};

fn find<'a>(wanted: &str, items: &'a [Instance]) -> Result<&'a Instance, ResolveError> {
    pick("instance", wanted, items, "in project myapp", |item| format!("(project {})", item.project_id))
}

#[test]
fn a_thing_is_found_by_its_id_and_by_its_name() {
    let items = fixtures::instances();
    let wanted = &items[1];
    assert_eq!(find(&wanted.id, &items), Ok(wanted));
    assert_eq!(find(&wanted.name, &items), Ok(wanted));
}

#[test]
fn an_id_goes_before_a_name_that_looks_like_it() {
    let mut items = fixtures::instances();
    items[0].name = items[1].id.clone();
    assert_eq!(find(&items[1].id, &items).unwrap().id, items[1].id);
}

#[test]
fn a_name_of_several_is_refused_with_all_of_them() {
    let mut items = fixtures::instances();
    items[0].name = items[1].name.clone();
    items[0].project_id = "prj_other".to_owned();
    let error = find(&items[1].name, &items).unwrap_err();
    assert_eq!(error.code(), "ambiguous");
    let message = error.to_string();
    for item in &items[..2] {
        assert!(message.contains(&item.id) && message.contains(&item.project_id), "{message}");
    }
}

#[test]
fn an_unknown_name_is_answered_with_those_that_exist() {
    let items = fixtures::instances();
    let message = find("nope", &items).unwrap_err().to_string();
    assert!(message.starts_with("there is no instance \"nope\" in project myapp; there is: "), "{message}");
    assert!(items.iter().all(|item| message.contains(&item.name)), "{message}");
    assert_eq!(find("nope", &[]).unwrap_err().to_string(), "there is no instance \"nope\" in project myapp");
}

#[test]
fn long_lists_are_cut() {
    let one = fixtures::instances().remove(0);
    let many: Vec<_> = (0..25).map(|n| Instance { name: format!("db{n}"), ..one.clone() }).collect();
    let message = find("nope", &many).unwrap_err().to_string();
    assert!(message.ends_with("db9 and 15 more"), "{message}");
}

#[test]
fn nothing_but_an_id_gets_into_a_path() {
    let id = fixtures::instances().remove(0).id;
    assert!(is_id("ins_", &id));
    assert!(!is_id("job_", &id));
    for text in [
        "ins_",
        "ins_../../orgs",
        "ins_01m865hx0xemevrfkmhe49aeh/",
        "ins_%2e%2e01m865hx0xemevrfkm",
        "prod-db",
    ] {
        assert!(!is_id("ins_", text), "{text}");
    }
}

//! Results as people see them.

use crate::{
    fixtures::{instances, job, jobs},
    golden::assert_golden,
};
use dbx_cli::output::{
    Cell, Column, Record, Style, Table, Tone, clean, instance_record, instances_table, job_text, jobs_table,
    size,
};
use std::collections::BTreeMap;

const PIPE: Style = Style { colours: false, width: None };

fn terminal(width: usize) -> Style {
    Style { colours: false, width: Some(width) }
}

fn projects() -> BTreeMap<String, String> {
    instances().into_iter().map(|instance| (instance.project_id, "myapp".to_owned())).collect()
}

#[test]
fn instances_in_a_pipe() {
    assert_golden("instances", &instances_table(&instances(), &projects()).render(PIPE));
}

#[test]
fn instances_on_terminals() {
    for width in [60, 80, 120] {
        let mut many = instances();
        many[0].name = "a-name-of-the-greatest-length-that-the-rules-of-this-house-allow".to_owned();
        let text = instances_table(&many, &projects()).render(terminal(width));
        assert!(text.lines().all(|line| console::measure_text_width(line) <= width), "{text}");
        assert_golden(&format!("instances-{width}"), &text);
    }
}

#[test]
fn one_instance() {
    assert_golden("instance", &instance_record(&instances()[0], Some("myapp")).render(PIPE));
}

#[test]
fn jobs_and_steps() {
    let names = instances().into_iter().map(|instance| (instance.id, instance.name)).collect();
    assert_golden("jobs", &jobs_table(&jobs(), &names).render(PIPE));
    assert_golden("job-failed", &job_text(&job("failed"), Some("prod-db"), PIPE));
}

#[test]
fn colours_are_put_around_the_text_and_change_no_column() {
    let mut table = Table::new([Column::fixed("A"), Column::fixed("B")], "");
    table.row([Cell::new("ok", Tone::Good), Cell::from("x")]);
    let coloured = table.render(Style { colours: true, width: None });
    assert!(coloured.contains("\u{1b}[32mok\u{1b}[0m"), "{coloured:?}");
    assert_eq!(console::strip_ansi_codes(&coloured), table.render(PIPE));
}

#[test]
fn a_table_is_never_wider_than_its_terminal() {
    let names = instances().into_iter().map(|instance| (instance.id, instance.name)).collect();
    for width in 40..140 {
        for text in [
            instances_table(&instances(), &projects()).render(terminal(width)),
            jobs_table(&jobs(), &names).render(terminal(width)),
        ] {
            assert!(
                text.lines().all(|line| console::measure_text_width(line) <= width),
                "at {width}: {text}"
            );
        }
    }
}

#[test]
fn sentences_of_a_record_are_wrapped_below_their_beginning() {
    let text = Record::new()
        .with("id", "x".repeat(40))
        .with_prose("cause", "the node does not answer")
        .render(terminal(28));
    assert_eq!(text, format!("id     {}\ncause  the node does not\n       answer\n", "x".repeat(40)));
}

#[test]
fn ids_are_whole_or_not_there() {
    let id = &instances()[0].id;
    for width in 20..140 {
        let text = instances_table(&instances(), &projects()).render(terminal(width));
        let shown = text.contains("ins_");
        assert_eq!(shown, text.contains(id.as_str()), "at {width}");
    }
}

#[test]
fn nothing_is_said_in_words() {
    assert_eq!(instances_table(&[], &projects()).render(PIPE).lines().count(), 1);
}

#[test]
fn texts_of_others_are_shown_without_control_characters() {
    let evil = "a\u{1b}[31mred\r\n\u{202e}gpj.exe\u{7}";
    let text = Record::new().with("name", evil).render(PIPE);
    assert_eq!(text, "name  a\u{fffd}[31mred\u{fffd}\u{fffd}\u{fffd}gpj.exe\u{fffd}\n");
    assert_eq!(clean("plain ÄÖ 数"), "plain ÄÖ 数");
}

#[test]
fn amounts_read_well() {
    assert_eq!([size(512), size(1024), size(1536), size(8192)], ["512 MiB", "1 GiB", "1.5 GiB", "8 GiB"]);
}

//! Times and numbers as people type them.

use dbx_cli::{
    args::{Count, Moment, When},
    output::{clock, moment, span, sparkline},
};
use proptest::prelude::*;
use time::macros::datetime;

fn read(text: &str) -> Option<String> {
    let now = datetime!(2026-11-24 12:00 UTC);
    When::read(text, now).ok().map(|when| when.to_string())
}

#[test]
fn moments_are_read_in_every_spelling() {
    for (text, expected) in [
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00Z"),
        ("2026-11-24 10:00:00+02:00", "2026-11-24T08:00:00Z"),
        ("2026-11-24", "2026-11-24T00:00:00Z"),
        ("2h-ago", "2026-11-24T10:00:00Z"),
        ("90m ago", "2026-11-24T10:30:00Z"),
        ("7d-ago", "2026-11-17T12:00:00Z"),
        ("00000000000000000049", "00000000000000000049"),
        ("12", "12"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn what_is_no_moment_is_refused() {
    for text in ["", "yesterday", "2h", "-2h-ago", "1.5h-ago", "2026-13-01", "10:00", "1y-ago", "-1", "+1"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_moment_by_the_clock_is_no_number() {
    assert!("2026-11-24".parse::<Moment>().is_ok() && "7d-ago".parse::<Moment>().is_ok());
    for text in ["3", "00000000000000000049", "xyz", ""] {
        let message = text.parse::<Moment>().unwrap_err().to_string();
        assert!(
            !message.contains("event") && message.contains("7d-ago") != message.contains("2h-ago"),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_upsets_the_reader(text in any::<String>(), digits in "[0-9]{1,60}", unit in "[a-z]") {
        for text in [text, format!("{digits}{unit}-ago"), digits] {
            let _ = read(&text);
        }
    }
}

#[test]
fn counts_say_what_is_allowed() {
    assert_eq!("50".parse::<Count>().unwrap().get(), 50);
    for text in ["0", "-5", "10001", "many", "99999999999999999999"] {
        assert!(text.parse::<Count>().unwrap_err().to_string().contains("from 1 to 10000"), "{text}");
    }
}

#[test]
fn times_are_shown_in_utc() {
    assert_eq!(moment("2026-11-24T08:42:27.507084+02:00"), "2026-11-24 06:42Z");
    assert_eq!(clock("2026-11-24T08:42:27.507084+02:00"), "2026-11-24 06:42:27Z");
    assert_eq!(clock("so\non"), "so\u{fffd}on");
}

#[test]
fn durations_read_well() {
    let start = Some("2026-01-01T00:00:00Z");
    let after = |end: &str| span(start, Some(end)).unwrap();
    assert_eq!(after("2026-01-01T00:00:00.04Z"), "0.0s");
    assert_eq!(after("2026-01-01T00:00:59.94Z"), "59.9s");
    assert_eq!(after("2026-01-01T00:00:59.96Z"), "1m00s");
    assert_eq!(after("2026-01-01T01:02:05Z"), "62m05s");
    // Clocks of two servers may disagree.
    assert_eq!(after("2025-12-31T23:59:59Z"), "0.0s");
    assert_eq!(span(start, None), None);
}

#[test]
fn sparklines_keep_peaks_and_show_gaps() {
    let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
    assert_eq!(sparkline(&some(&[0.0, 0.5, 1.0]), 1.0, 10), "▁▅█");
    assert_eq!(sparkline(&[Some(1.0), None, Some(2.0)], 2.0, 10), "▅ █");
    // Six numbers on three columns: each shows the higher one of its two.
    assert_eq!(sparkline(&some(&[0.0, 1.0, 0.0, 0.0, 1.0, 0.0]), 1.0, 3), "█▁█");
    assert_eq!(sparkline(&some(&[3.0, 9.0]), 0.0, 10), "▁▁");
    assert_eq!(sparkline(&some(&[9.0]), 1.0, 10), "█");
    assert_eq!(sparkline(&[], 1.0, 10), "");
}

//! A history as people read it.

use crate::sea::Sea;
use dbx_domain::instance::InstanceEvent;
use std::fmt::Write as _;

/// Events, one a line, without the braces of `Debug`.
pub fn indented(events: &[InstanceEvent]) -> String {
    let line = |event: &InstanceEvent| format!("                    + {event:?}");
    events.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The trace, one line for each thing that happened, with the time since the beginning.
pub fn printed(sea: &Sea) -> String {
    let mut text = String::new();
    for (millis, line) in sea.trace() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:>6}.{:03} s  {line}", millis / 1_000, millis % 1_000);
    }
    text
}

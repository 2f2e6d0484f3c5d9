//! A story for a terminal.

use super::{
    decision::Decision,
    moments::{Happening, Moment},
    story::Story,
    words::{called, span},
};
use std::fmt::Write as _;

/// The whole story; bookkeeping only if it is to be `full`.
pub(super) fn render(story: &Story, full: bool) -> String {
    let mut text = String::new();
    for moment in &story.moments {
        tell(moment, full, &mut text);
    }
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", summary(story));
    text
}

/// What it comes to, in a sentence.
pub(super) fn summary(story: &Story) -> String {
    let Story { decisions, divergences, .. } = story;
    let events: usize = story.moments.iter().map(|moment| moment.events.len()).sum();
    let verdict = match divergences {
        0 => "today's engine would take each of them again".to_owned(),
        count => format!("today's engine would take {count} of them otherwise"),
    };
    format!(
        "{}: {events} events in {} moments; {decisions} decisions, {verdict}.",
        story.subject,
        story.moments.len()
    )
}

fn tell(moment: &Moment, full: bool, text: &mut String) {
    let name = moment.name.as_deref().unwrap_or(&moment.id);
    let request = moment.request_id.as_ref().map(|id| format!(", request {id}")).unwrap_or_default();
    let ids = match full {
        true => format!(
            " ({}{})",
            moment.id,
            moment.job_id.as_ref().map_or_else(String::new, |id| format!(" {id}"))
        ),
        false => String::new(),
    };
    let by = if full { &moment.actor_id } else { &moment.actor };
    let _ = writeln!(text, "{}  {} {name}{ids}, by {by}{request}", moment.time, moment.kind);
    if let Some(decision) = &moment.decision {
        decide(decision, text);
    }
    for event in &moment.events {
        happen(event, full, text);
    }
    text.push('\n');
}

fn decide(decision: &Decision, text: &mut String) {
    if let Some(heard) = &decision.heard {
        let _ = writeln!(text, "  heard    {heard}");
    }
    let _ = writeln!(text, "  decided  {}", decision.decided);
    if let Some(today) = &decision.today {
        let _ = writeln!(text, "  TODAY    {today}");
    }
}

fn happen(event: &Happening, full: bool, text: &mut String) {
    let lasted = event.lasted_ms.map(|millis| format!(" (took {})", span(millis))).unwrap_or_default();
    let _ = writeln!(text, "  #{:<6} {}{lasted}", event.sequence, event.sentence);
    if full && !event.details.is_empty() {
        let _ = writeln!(text, "           {}: {}", event.kind, event.details);
    }
    if let Some(call) = &event.call {
        let lasted = call.lasted_ms.map_or_else(|| "end not on record".to_owned(), span);
        let _ = writeln!(text, "           task {} — {lasted}", call.task);
    }
    for call in &event.calls.made {
        let (what, outcome) = called(call);
        let _ = writeln!(text, "           {what} — {outcome}, {}", span(call.took_ms));
    }
    if event.calls.left_out > 0 {
        let _ = writeln!(text, "           and {} calls in between", event.calls.left_out);
    }
    for change in event.changes.iter().filter(|change| full || !change.is_bookkeeping()) {
        let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let (before, after) = (or_nothing(&change.before), or_nothing(&change.after));
        let _ = writeln!(text, "           {}: {before} → {after}", change.field);
    }
}

//! A story for a terminal.

use super::{
    decision::Decision,
    moments::{Happening, Moment},
    story::Story,
    words::span,
};
use std::fmt::Write as _;

/// The whole story.
pub(super) fn render(story: &Story) -> String {
    let mut text = String::new();
    for moment in &story.moments {
        tell(moment, &mut text);
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

fn tell(moment: &Moment, text: &mut String) {
    let name = moment.name.as_deref().unwrap_or_default();
    let request = moment.request_id.as_ref().map(|id| format!(" request {id}")).unwrap_or_default();
    let job = moment.job_id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    let _ = writeln!(
        text,
        "{} {} {name} ({}) by {}{request}{job}",
        moment.time, moment.kind, moment.id, moment.actor
    );
    if let Some(decision) = &moment.decision {
        decide(decision, text);
    }
    for event in &moment.events {
        happen(event, text);
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

fn happen(event: &Happening, text: &mut String) {
    let lasted = event.lasted_ms.map(|millis| format!(" (took {})", span(millis))).unwrap_or_default();
    let _ = writeln!(text, "  #{:<6} {}{lasted}", event.sequence, event.sentence);
    if let Some(call) = &event.call {
        let lasted = call.lasted_ms.map_or_else(|| "end not on record".to_owned(), span);
        let _ = writeln!(text, "           task {} — {lasted}", call.task);
    }
    for change in &event.changes {
        let or_nothing = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let (before, after) = (or_nothing(&change.before), or_nothing(&change.after));
        let _ = writeln!(text, "           {}: {before} → {after}", change.field);
    }
}

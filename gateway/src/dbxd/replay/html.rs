//! A story as one page that needs nothing else: no script, no font, no picture from elsewhere. Readable in light and in
//! dark, with a keyboard, and on paper.

mod calls;
mod picture;

use super::{
    decision::Decision,
    moments::{Happening, Moment},
    story::Story,
    text,
    words::span,
};
use dbx_domain::time::Timestamp;
use std::fmt::{Display, Write as _};

const STYLE: &str = include_str!("page.css");
/// A pause at least this long is shown as a gap, in milliseconds.
const GAP: u64 = 10_000;

/// Text that is safe inside elements and attributes.
pub(super) struct Escaped<T>(pub(super) T);

impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for letter in self.0.to_string().chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// The page.
pub(super) fn render(story: &Story) -> String {
    let (title, verdict) = (Escaped(title(story)), Escaped(text::summary(story)));
    let class = if story.divergences > 0 { "bad" } else { "good" };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Replay of {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>Replay of {title}</h1>\n<p class=\"soft\">{}</p>\n<p class=\"{class}\">{verdict}</p>\n",
        Escaped(period(story))
    );
    picture::draw(story, &mut page);
    page.push_str("<h2>Step by step</h2>\n<ol>\n");
    let mut before = None;
    for moment in &story.moments {
        gap(before.replace(moment.time), moment.time, &mut page);
        tell(moment, &mut page);
    }
    page.push_str("</ol>\n</main>\n</body>\n</html>\n");
    page
}

fn title(story: &Story) -> String {
    match story.lanes.as_slice() {
        [lane] if lane.id == story.subject => {
            lane.name.as_ref().map_or_else(|| lane.id.clone(), |name| format!("{name} ({})", lane.id))
        }
        _ => story.subject.clone(),
    }
}

fn period(story: &Story) -> String {
    let times = (story.moments.first(), story.moments.last());
    match times {
        (Some(first), Some(last)) => {
            let lasted = u64::try_from(last.time.since(first.time).as_millis()).unwrap_or(u64::MAX);
            format!("{} to {} ({}). All times are UTC.", first.time, last.time, span(lasted))
        }
        _ => "Nothing happened in this range.".to_owned(),
    }
}

fn gap(before: Option<Timestamp>, at: Timestamp, page: &mut String) {
    let Some(before) = before else { return };
    let millis = u64::try_from(at.since(before).as_millis()).unwrap_or(u64::MAX);
    if millis >= GAP {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "<li class=\"gap\">{} later</li>", span(millis));
    }
}

fn tell(moment: &Moment, page: &mut String) {
    let mut class = String::from("moment");
    if let Some(decision) = &moment.decision {
        class += " engine";
        class += if decision.today.is_some() { " other" } else { "" };
    }
    if moment.events.iter().any(|event| event.kind.ends_with("Failed") || event.kind.ends_with("Parked")) {
        class += " failed";
    }
    let name = moment.name.as_deref().unwrap_or(&moment.id);
    let _ = writeln!(
        page,
        "<li class=\"{class}\"><div class=\"card\"><div class=\"head\"><time datetime=\"{0}\">{0}</time>\
         <strong title=\"{1}\">{2}</strong><span class=\"soft\">by <span title=\"{4}\">{3}</span></span></div>",
        moment.time,
        Escaped(&moment.id),
        Escaped(name),
        Escaped(&moment.actor),
        Escaped(&moment.actor_id)
    );
    context(moment, page);
    for event in &moment.events {
        happen(event, page);
    }
    page.push_str("</div></li>\n");
}

fn context(moment: &Moment, page: &mut String) {
    let mut terms: Vec<(&str, String)> = Vec::new();
    if let Some(Decision { heard, decided, today, .. }) = &moment.decision {
        terms.extend(heard.clone().map(|heard| ("heard", heard)));
        terms.push(("decided", decided.clone()));
        terms.extend(today.clone().map(|today| ("today it would", today)));
    }
    terms.extend(moment.request_id.clone().map(|id| ("request", id)));
    terms.extend(moment.job_id.clone().map(|id| ("job", id)));
    if terms.is_empty() {
        return;
    }
    page.push_str("<dl>");
    for (term, value) in terms {
        let class = if term.starts_with("today") { " class=\"bad\"" } else { "" };
        let _ = write!(page, "<dt>{term}</dt><dd{class}>{}</dd>", Escaped(value));
    }
    page.push_str("</dl>\n");
}

fn happen(event: &Happening, page: &mut String) {
    let lasted = event.lasted_ms.map(|millis| format!(" <span class=\"soft\">took {}</span>", span(millis)));
    let line = format!(
        "<span class=\"soft\">#{}</span> {}{}",
        event.sequence,
        Escaped(&event.sentence),
        lasted.unwrap_or_default()
    );
    if event.changes.is_empty() && event.call.is_none() && event.calls.is_empty() {
        let _ = writeln!(page, "<div class=\"plain\">{line}</div>");
        return;
    }
    let _ = write!(page, "<details><summary>{line}");
    if let Some(call) = &event.call {
        let kind = call.kind.as_deref().unwrap_or("task");
        let lasted = call.lasted_ms.map_or_else(|| "end not on record".to_owned(), span);
        let _ = write!(page, " — <strong>{}</strong> {lasted}", Escaped(kind));
    }
    let calls: u32 = event.calls.made.iter().map(|call| call.times).sum::<u32>() + event.calls.left_out;
    if calls > 0 {
        let _ = write!(
            page,
            " <span class=\"soft\">{calls} {}</span>",
            if calls == 1 { "call" } else { "calls" }
        );
    }
    page.push_str("</summary><div>");
    if !event.details.is_empty() {
        let _ = write!(page, "<p class=\"soft\">{}</p>", Escaped(&event.details));
    }
    if let Some(call) = &event.call {
        let _ = write!(page, "<p class=\"mono\">{}</p>", Escaped(&call.task));
    }
    calls::table(&event.calls, page);
    changes(event, page);
    page.push_str("</div></details>\n");
}

fn changes(event: &Happening, page: &mut String) {
    if event.changes.is_empty() {
        return;
    }
    page.push_str("<table><thead><tr><th scope=\"col\">state</th><th scope=\"col\">before</th><th scope=\"col\">after</th></tr></thead><tbody>");
    for change in &event.changes {
        let shown =
            |value: &Option<String>| Escaped(value.clone().unwrap_or_else(|| "–".to_owned())).to_string();
        let (before, after) = (shown(&change.before), shown(&change.after));
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td>{before}</td><td>{after}</td></tr>",
            Escaped(&change.field)
        );
    }
    page.push_str("</tbody></table>");
}

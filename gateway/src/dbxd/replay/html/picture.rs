//! The picture at the top: a line for each instance, runs as bars over time.

use super::Escaped;
use crate::replay::{lanes::Lane, story::Story};
use dbx_domain::time::Timestamp;
use std::fmt::Write as _;

/// In units of the drawing.
const WIDTH: f64 = 1_000.0;
const NAMES: f64 = 150.0;
const LINE: f64 = 30.0;
const AXIS: f64 = 24.0;
/// More lines than this are not drawn: nobody could tell them apart.
const LINES_MAX: usize = 60;

/// Where a time is on the picture.
struct Scale {
    from: Timestamp,
    millis: f64,
}

impl Scale {
    fn x(&self, at: Timestamp) -> f64 {
        let millis = at.since(self.from).as_secs_f64() * 1_000.0;
        NAMES + (millis / self.millis).min(1.0) * (WIDTH - NAMES - 10.0)
    }
}

/// Draws it, if there is anything to see.
pub(super) fn draw(story: &Story, page: &mut String) {
    let lanes: Vec<&Lane> = story.lanes.iter().filter(|lane| !lane.runs.is_empty()).take(LINES_MAX).collect();
    let (Some(first), Some(last)) = (story.moments.first(), story.moments.last()) else { return };
    if lanes.is_empty() {
        return;
    }
    let millis = (last.time.since(first.time).as_secs_f64() * 1_000.0).max(1.0);
    let scale = Scale { from: first.time, millis };
    let height = AXIS + LINE * f64::from(u32::try_from(lanes.len()).unwrap_or(u32::MAX));
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "<h2>Jobs over time</h2>\n<div class=\"picture\"><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"Jobs of each instance over time; the list below says the same in words\">"
    );
    axis(&scale, last.time, height, page);
    for (y, lane) in std::iter::successors(Some(AXIS), |y| Some(y + LINE)).zip(lanes) {
        line(lane, y, &scale, last.time, page);
    }
    page.push_str(
        "</svg></div>\n<p class=\"legend\"><span><i style=\"background:var(--good)\"></i>succeeded</span>\
         <span><i style=\"background:var(--bad)\"></i>failed, parked or abandoned</span>\
         <span><i style=\"background:var(--ended)\"></i>canceled or superseded</span>\
         <span><i style=\"background:var(--open)\"></i>under way</span>\
         <span><i style=\"background:var(--warm);width:3px\"></i>an attempt failed</span></p>\n",
    );
}

fn axis(scale: &Scale, last: Timestamp, height: f64, page: &mut String) {
    for (at, anchor) in [(scale.from, "start"), (last, "end")] {
        let x = scale.x(at);
        let _ = writeln!(
            page,
            "<line class=\"axis\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{AXIS}\" y2=\"{height}\"/>\
             <text x=\"{x:.1}\" y=\"14\" text-anchor=\"{anchor}\">{at}</text>"
        );
    }
}

fn line(lane: &Lane, y: f64, scale: &Scale, last: Timestamp, page: &mut String) {
    let name: String = lane.name.as_deref().unwrap_or(&lane.id).chars().take(22).collect();
    let baseline = y + LINE / 2.0 + 4.0;
    let _ = writeln!(page, "<text class=\"name\" x=\"0\" y=\"{baseline}\">{}</text>", Escaped(name));
    for bar in &lane.runs {
        let (x, end) = (scale.x(bar.from), scale.x(bar.to.unwrap_or(last)));
        let outcome = bar.outcome.as_deref().unwrap_or("under way");
        let _ = writeln!(
            page,
            "<rect class=\"bar {}\" x=\"{x:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\" rx=\"3\">\
             <title>{} ({}): {}</title></rect>",
            bar.mood.name(),
            y + 6.0,
            (end - x).max(3.0),
            LINE - 12.0,
            Escaped(&bar.kind),
            Escaped(bar.job_id),
            Escaped(outcome)
        );
    }
    for at in &lane.failures {
        let x = scale.x(*at);
        let _ = writeln!(
            page,
            "<line class=\"tick\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{}\" y2=\"{}\"/>",
            y + 2.0,
            y + LINE - 2.0
        );
    }
}

//! The calls of an attempt as a table, each with a bar that shows when it was under way.

use super::Escaped;
use crate::replay::words::{called, span};
use dbx_domain::instance::{CallOutcome, ClusterCalls};
use std::fmt::Write as _;

/// Shares of the attempt's time are in percent; a bar is never thinner than this.
const THINNEST: f64 = 0.8;

/// Writes it, if there was any call.
pub(super) fn table(calls: &ClusterCalls, page: &mut String) {
    if calls.is_empty() {
        return;
    }
    let end = calls.made.iter().map(|call| call.after_ms + call.took_ms).max().unwrap_or_default().max(1);
    page.push_str(
        "<table class=\"calls\"><thead><tr><th scope=\"col\">call to the cluster</th><th scope=\"col\">outcome</th>\
         <th scope=\"col\">after</th><th scope=\"col\">took</th><th scope=\"col\" class=\"when\">when</th></tr></thead><tbody>",
    );
    for call in &calls.made {
        let (what, outcome) = called(call);
        let class = if call.outcome == CallOutcome::Done { "good" } else { "bad" };
        let percent = |millis: u64| millis as f64 / end as f64 * 100.0;
        let width = percent(call.took_ms).max(THINNEST);
        let left = percent(call.after_ms).min(100.0 - width);
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "<tr><td><code>{}</code></td><td class=\"{class}\">{}</td><td>{}</td><td>{}</td>\
             <td class=\"when\"><i class=\"{class}\" style=\"margin-left:{left:.1}%;width:{width:.1}%\"></i></td></tr>",
            Escaped(what),
            Escaped(outcome),
            span(call.after_ms),
            span(call.took_ms)
        );
    }
    page.push_str("</tbody></table>");
    if calls.left_out > 0 {
        let _ = write!(page, "<p class=\"soft\">{} calls in between are not on record.</p>", calls.left_out);
    }
}

//! Events and spans of time in words.

use dbx_domain::instance::ClusterCall;
use serde_json::Value;

/// The fields of an event's payload that say something to a reader, such as `step clone, attempt 1`.
pub(super) fn details(kind: &str, payload: &Value) -> String {
    const SILENT: [&str; 5] = ["workflow", "certificate_pem", "definition", "task", "calls"];
    let fields = payload.get(kind).and_then(Value::as_object);
    let spoken = fields
        .into_iter()
        .flatten()
        .filter(|(name, value)| !SILENT.contains(&name.as_str()) && !value.is_null());
    spoken
        .map(|(name, value)| format!("{} {}", name.replace('_', " "), short(value)))
        .collect::<Vec<_>>()
        .join(", ")
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => match fields.get("message").and_then(Value::as_str) {
            Some(message) => message.to_owned(),
            None => value.to_string(),
        },
        other => other.to_string(),
    };
    text.chars().take(200).collect()
}

/// `1.5 s`, `2 min 5 s`.
pub(super) fn span(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", millis / 60_000, millis / 1_000 % 60),
        3_600_000..86_400_000 => format!("{} h {} min", millis / 3_600_000, millis / 60_000 % 60),
        _ => format!("{} d {} h", millis / 86_400_000, millis / 3_600_000 % 24),
    }
}

/// A call to the cluster: what was called, and what it came to.
pub(super) fn called(call: &ClusterCall) -> (String, String) {
    let times = if call.times > 1 { format!(" × {}", call.times) } else { String::new() };
    let status = call.status.map(|status| format!(" {status}")).unwrap_or_default();
    (format!("{} {}{times}", call.method, call.path), format!("{}{status}", call.outcome))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn events_and_spans_are_words() {
        let payload = json!({"StepFailed": {"step": "clone", "workflow": "job_x", "failure": {"message": "no"}, "retry_at": null}});
        assert_eq!(details("StepFailed", &payload), "failure no, step clone");
        assert_eq!(
            [span(5), span(1_550), span(125_000), span(7_260_000)],
            ["5 ms", "1.5 s", "2 min 5 s", "2 h 1 min"]
        );
    }
}

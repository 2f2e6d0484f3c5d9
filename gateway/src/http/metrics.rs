//! Numbers about requests, in Prometheus text format.
//!
//! Guarantee: the number of series is bounded: routes are counted by their template, what matched none as `unmatched`,
//! methods outside the registry as `other`.

use poem::http::{Method, StatusCode};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Upper bounds of the duration buckets in seconds.
const BOUNDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 60.0];

type Series = BTreeMap<(&'static str, String, u16), Durations>;

#[derive(Default)]
struct Durations {
    /// Per bound, not cumulative; beyond the last bound only `count` grows.
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

/// Counts and durations of requests; clones share them.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Series>>);

impl Metrics {
    /// Notes a request. `route` is the template, not the path.
    pub(crate) fn observe(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let mut series = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let durations = series.entry((method_label(method), route.to_owned(), status.as_u16())).or_default();
        let seconds = took.as_secs_f64();
        if let Some(index) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            durations.buckets[index] += 1;
        }
        durations.count += 1;
        durations.seconds += seconds;
    }

    /// All numbers as text (exposition format 0.0.4).
    pub fn render(&self) -> String {
        let mut text = String::from(
            "# HELP dbx_http_request_seconds Time to answer a request.\n# TYPE dbx_http_request_seconds histogram\n",
        );
        for ((method, route, status), durations) in
            self.0.lock().unwrap_or_else(PoisonError::into_inner).iter()
        {
            let labels = format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"");
            durations.write(&labels, &mut text);
        }
        text
    }
}

impl Durations {
    /// Writing to a String cannot fail.
    fn write(&self, labels: &str, text: &mut String) {
        let mut below = 0;
        for (bound, count) in BOUNDS.iter().zip(self.buckets) {
            below += count;
            let _ = writeln!(text, "dbx_http_request_seconds_bucket{{{labels},le=\"{bound}\"}} {below}");
        }
        let _ = writeln!(text, "dbx_http_request_seconds_bucket{{{labels},le=\"+Inf\"}} {}", self.count);
        let _ = writeln!(text, "dbx_http_request_seconds_sum{{{labels}}} {}", self.seconds);
        let _ = writeln!(text, "dbx_http_request_seconds_count{{{labels}}} {}", self.count);
    }
}

fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_series_bounded() {
        let metrics = Metrics::default();
        for millis in [2, 3, 90_000] {
            metrics.observe(&Method::GET, "/v1/orgs", StatusCode::OK, Duration::from_millis(millis));
        }
        metrics.observe(
            &Method::from_bytes(b"BREW").unwrap(),
            "unmatched",
            StatusCode::NOT_FOUND,
            Duration::ZERO,
        );
        let text = metrics.render();
        let labels = "method=\"GET\",route=\"/v1/orgs\",status=\"200\"";
        assert!(text.contains(&format!("bucket{{{labels},le=\"0.0025\"}} 1\n")), "{text}");
        assert!(text.contains(&format!("bucket{{{labels},le=\"60\"}} 2\n")), "{text}");
        assert!(text.contains(&format!("bucket{{{labels},le=\"+Inf\"}} 3\n")), "{text}");
        assert!(text.contains("method=\"other\",route=\"unmatched\",status=\"404\""), "{text}");
    }
}

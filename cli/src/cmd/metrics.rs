//! What an instance uses, as numbers and as bars.

use crate::{
    api::{InstanceMetrics, MetricSample},
    args::MetricsArgs,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Style, Table, Tone, bytes, sparkline},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Bars where the width does not matter, and at most.
const BARS: usize = 48;
/// Columns that stand before the bars.
const BEFORE: usize = 44;

/// One figure of the samples.
struct Figure {
    name: &'static str,
    of: fn(&MetricSample) -> Option<f64>,
    shown: fn(f64) -> String,
    /// What the plan gives, where it is a limit.
    most: Option<f64>,
}

pub(super) fn show(context: &Context, args: &MetricsArgs) -> Result<(), Failure> {
    let instance = context.instance(&args.one)?.value;
    let path = format!("/instances/{}/metrics", instance.id);
    let window = args.window.word();
    let Answer { value: metrics, body } =
        context.client.get::<InstanceMetrics>(&path, &[("window", window.to_owned())])?;
    context.output.show(&body, |style| match metrics.samples.is_empty() {
        true => format!("Nothing was measured of {} in the last {window}.", instance.name),
        false => format!("{}, last {window}\n\n{}", instance.name, table(&metrics, style).render(style)),
    })
}

fn figures(metrics: &InstanceMetrics) -> [Figure; 5] {
    let limits = &metrics.limits;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let amount = |amount: f64| bytes(amount as u64);
    [
        Figure { name: "cpu", of: |s| s.cpu.map(f64::from), shown: percent, most: Some(1.0) },
        Figure {
            name: "memory",
            of: |s| s.memory_bytes.map(|bytes| bytes as f64),
            shown: amount,
            most: Some(limits.memory_bytes as f64),
        },
        Figure {
            name: "disk",
            of: |s| s.disk_bytes.map(|bytes| bytes as f64),
            shown: amount,
            most: Some(limits.disk_bytes as f64),
        },
        Figure {
            name: "connections",
            of: |s| s.connections.map(f64::from),
            shown: |number| format!("{number:.0}"),
            most: Some(f64::from(limits.connections)),
        },
        Figure {
            name: "queries/s",
            of: |s| s.queries_per_second.map(f64::from),
            shown: |number| format!("{number:.1}"),
            most: None,
        },
    ]
}

fn table(metrics: &InstanceMetrics, style: Style) -> Table {
    let columns = [
        Column::fixed(""),
        Column::fixed("NOW"),
        Column::fixed("HIGHEST"),
        Column::fixed("PLAN"),
        Column::optional("OLDER … NEWER"),
    ];
    let width = style.width.map_or(BARS, |width| width.saturating_sub(BEFORE).min(BARS));
    let steps = grid(metrics);
    let mut table = Table::new(columns, "");
    for figure in figures(metrics) {
        let values: Vec<Option<f64>> = steps.iter().map(|sample| sample.and_then(figure.of)).collect();
        let now = metrics.latest.as_ref().and_then(figure.of);
        let highest = values.iter().flatten().copied().chain(now).reduce(f64::max);
        let word = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), figure.shown);
        // Bars show the share of the plan; what has no limit is shown against its own peak.
        let scale = figure.most.or(highest).unwrap_or(0.0);
        table.row([
            figure.name.into(),
            word(now).into(),
            word(highest).into(),
            word(figure.most).into(),
            Cell::new(&sparkline(&values, scale, width), Tone::Good),
        ]);
    }
    table
}

/// A place for each step of the window; steps without a sample are left out by the API.
fn grid(metrics: &InstanceMetrics) -> Vec<Option<&MetricSample>> {
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let (Some(from), Some(to)) = (parse(&metrics.from), parse(&metrics.to)) else {
        return metrics.samples.iter().map(Some).collect();
    };
    let step = i64::try_from(metrics.step_seconds).unwrap_or(i64::MAX).max(1);
    let place = |at: OffsetDateTime| usize::try_from((at - from).whole_seconds() / step).ok();
    let mut steps = vec![None; place(to).unwrap_or_default().min(10_000) + 1];
    for sample in &metrics.samples {
        if let Some(step) = parse(&sample.time).and_then(place).and_then(|place| steps.get_mut(place)) {
            *step = Some(sample);
        }
    }
    steps
}

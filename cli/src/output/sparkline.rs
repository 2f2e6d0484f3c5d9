//! A row of numbers as a row of bars: ▁▂▃▄▅▆▇█.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One bar per column, at most `width`, the newest on the right. Where several numbers share a column, the highest
/// counts: a peak must not vanish. A column without a number stays blank.
#[must_use]
pub fn sparkline(values: &[Option<f64>], most: f64, width: usize) -> String {
    let columns = values.len().min(width);
    (0..columns).map(|column| bar(share(values, column, columns), most)).collect()
}

/// The highest number of a column's share of the numbers.
fn share(values: &[Option<f64>], column: usize, columns: usize) -> Option<f64> {
    let bound = |column: usize| column * values.len() / columns;
    let part = values.get(bound(column)..bound(column + 1)).unwrap_or_default();
    part.iter().flatten().copied().reduce(f64::max)
}

fn bar(value: Option<f64>, most: f64) -> char {
    let Some(value) = value else { return ' ' };
    let level = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
    // Below the number of bars, so the cast loses nothing.
    let index = (level * (BARS.len() - 1) as f64).round() as usize;
    BARS.get(index).copied().unwrap_or('█')
}

//! How long `dbx` takes to start, beside `true`, and how large it is.
//!
//! `cargo build --release -p dbx-cli && cargo run --release -p dbx-cli --example startup`

#![expect(clippy::print_stdout, reason = "a measurement is for reading")]

use std::{
    env,
    error::Error,
    fs, io,
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

/// Starts of each program; the median of them counts.
const STARTS: usize = 200;
/// Longest start.
const LONGEST: Duration = Duration::from_millis(20);
/// Largest program, in bytes.
const LARGEST: u64 = 10_000_000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let here = env::current_exe()?;
    let dbx = here.parent().and_then(Path::parent).ok_or("no directory of built programs")?.join("dbx");
    let size =
        fs::metadata(&dbx).map_err(|error| format!("{}: {error}; build it first", dbx.display()))?.len();
    let nothing = median(Path::new("true"), &[])?;
    let mut slowest = Duration::ZERO;
    for arguments in [&["--version"][..], &["instance", "create", "--help"], &["whoami"]] {
        let took = median(&dbx, arguments)?;
        let ratio = took.as_secs_f64() / nothing.as_secs_f64();
        println!("dbx {:<22} {:>6.2} ms, {ratio:.1} times `true`", arguments.join(" "), millis(took));
        slowest = slowest.max(took);
    }
    println!("true {:<21} {:>6.2} ms", "", millis(nothing));
    println!("size {:<21} {:>6.2} MB", "", size as f64 / 1e6);
    let is_good = slowest <= LONGEST && size < LARGEST;
    println!("{}: at most {} ms and less than {} MB", if is_good { "ok" } else { "FAILED" }, 20, 10);
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

fn median(program: &Path, arguments: &[&str]) -> io::Result<Duration> {
    let mut spans = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        let mut command = Command::new(program);
        // Nobody is signed in there, so no server is asked.
        command.args(arguments).env("XDG_CONFIG_HOME", "/nonexistent").env_remove("DBX_TOKEN");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let began = Instant::now();
        command.status()?;
        spans.push(began.elapsed());
    }
    spans.sort();
    Ok(spans.get(STARTS / 2).copied().unwrap_or_default())
}

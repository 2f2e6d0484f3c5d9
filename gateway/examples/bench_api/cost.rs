//! What a password costs: time for one, and memory for many at once.

use crate::{
    load,
    wire::{Wire, request},
    world::PASSWORD,
};
use std::{fs, net::SocketAddr, time::Duration};

/// Sign-ins at once when memory is measured; more of one account would be taken for guesses.
const AT_ONCE: usize = 6;

/// The sign-in of whoever registered.
pub(crate) fn sign_in() -> Vec<u8> {
    let body = format!(r#"{{"email":"eve@example.com","password":"{PASSWORD}","delivery":"token"}}"#);
    request("POST", "/v1/auth/login", "", &body)
}

/// Registers somebody who can sign in.
pub(crate) async fn register(address: SocketAddr) {
    let body = format!(r#"{{"email":"eve@example.com","displayName":"Eve","password":"{PASSWORD}"}}"#);
    let answer = Wire::open(address).await.ask(&request("POST", "/v1/auth/register", "", &body)).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
}

/// Time of a sign-in alone, and how much memory a flood of them adds.
pub(crate) async fn print(address: SocketAddr) {
    let one = |_| sign_in();
    load::flat_out(address, vec![one], 200, Duration::from_secs(2)).await.print("sign-in, one at a time");
    let before = peak_mib();
    let crowd = load::flat_out(address, vec![one; AT_ONCE], 200, Duration::from_secs(2)).await;
    crowd.print(&format!("sign-in, {AT_ONCE} at once"));
    println!("  memory grew by {:.0} MiB at its peak", peak_mib() - before);
}

/// Most memory that this process ever had resident, in MiB.
fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse::<f64>().unwrap() / 1_024.0
}

//! The table against recorded answers of a 9.1.7 cluster.

use super::*;

fn of(method: Method, status: u16, text: &str) -> (Class, &'static str) {
    let meaning = Meaning::of_refusal(method, status, text, &BTreeMap::new());
    (meaning.class(), meaning.code())
}

#[test]
fn recorded_refusals() {
    use Class::{DoneAlready, Permanent, Transient};
    for (status, text, class, code) in [
        (500, "CT 110 already exists on node 'pve1'", DoneAlready, "ctid_taken"),
        (500, "unable to create CT 195 - CT 195 already exists on node 'pve1'", DoneAlready, "ctid_taken"),
        (500, "CT is locked (disk)", Transient, "locked"),
        (500, "CT is locked (create)", Transient, "locked"),
        (500, "CT is locked (backup)", Transient, "locked"),
        (500, "CT is locked (destroyed)", Permanent, "quarantined"),
        (500, "can't lock file '/run/lock/lxc/pve-config-110.lock' - got timeout", Transient, "locked"),
        (500, "can't lock file '/var/lock/pve-manager/pve-storage-local' - got timeout", Transient, "locked"),
        (
            500,
            "detected modified configuration - file changed by other user? Try again.",
            Transient,
            "config_changed",
        ),
        (500, "cluster not ready - no quorum?", Transient, "no_quorum"),
        (500, "CT 130 already running", DoneAlready, "power_changed"),
        (500, "CT 130 not running", DoneAlready, "power_changed"),
        (500, "VM 130 not running", DoneAlready, "power_changed"),
        (500, "Configuration file 'nodes/pve1/lxc/999.conf' does not exist", DoneAlready, "container_absent"),
        (500, "can't remove CT 173 - protection mode enabled", Permanent, "protected"),
        (
            500,
            "Linked clone feature for 'local:120/base-120-disk-0.raw' is not available",
            Permanent,
            "linked_clone_unavailable",
        ),
        (500, "storage 'nosuch' does not exist", Permanent, "proxmox_refused"),
        (500, "bridge 'vmbr77' does not exist", Permanent, "proxmox_refused"),
        (500, "no such cluster node 'pve2'", Permanent, "proxmox_refused"),
        (
            500,
            "hostname lookup 'pve2' failed - failed to get address info for: pve2",
            Transient,
            "node_unreachable",
        ),
        (403, "Permission check failed (/vms/120, VM.Clone)", Permanent, "forbidden"),
        (401, "", Transient, "unauthorized"),
        (595, "No route to host", Transient, "node_unreachable"),
        (501, "Method 'GET /nosuch' not implemented", Permanent, "proxmox_refused"),
    ] {
        assert_eq!(of(Method::Post, status, text), (class, code), "{status} {text}");
    }
}

#[test]
fn a_broken_off_change_is_of_unknown_outcome_and_a_broken_off_look_is_not() {
    for status in [502, 503, 504, 596, 599] {
        for method in [Method::Post, Method::Put, Method::Delete] {
            assert_eq!(of(method, status, ""), (Class::Unknown, "answer_lost"), "{status}");
        }
        assert_eq!(of(Method::Get, status, ""), (Class::Transient, "proxmox_unreachable"), "{status}");
    }
}

#[test]
fn complaints_about_parameters() {
    let of = |name: &str, text: &str| {
        let parameters = BTreeMap::from([(name.to_owned(), text.to_owned())]);
        Meaning::of_refusal(Method::Get, 400, "Parameter verification failed.", &parameters)
    };
    assert_eq!(of("vmid", "VM 100 already exists"), Meaning::Exists);
    assert_eq!(of("upid", "no such task"), Meaning::NoSuchTask);
    assert_eq!(of("vmid", "type check ('integer') failed - got 'abc'"), Meaning::Other);
    assert_eq!(Meaning::Other.class(), Class::Permanent);
}

#[test]
fn recorded_task_ends() {
    for (text, meaning) in [
        ("clone failed: interrupted by signal", Meaning::Interrupted),
        ("unexpected status", Meaning::WorkerDied),
        ("CT is locked (backup)", Meaning::Locked("backup".to_owned())),
        ("startup for container '140' failed", Meaning::StartFailed),
        ("Configuration file 'nodes/pve1/lxc/999.conf' does not exist", Meaning::Absent),
        ("CT 195 already exists on node 'pve1'", Meaning::Exists),
        ("you can't start a CT if it's a template", Meaning::Other),
        ("volume 'local:140/vm-140-disk-7.raw' does not exist", Meaning::Other),
        ("unable to get last line from log", Meaning::WorkerDied),
    ] {
        assert_eq!(Meaning::of_text(text), meaning, "{text}");
    }
    assert_eq!(Meaning::WorkerDied.class(), Class::Unknown);
    assert_eq!(Meaning::Interrupted.class(), Class::Transient);
}

#[test]
fn failures_say_what_to_do_next() {
    let failure = Meaning::CannotLink.failure("POST /clone: no");
    assert!(failure.message.contains("full_clone"), "{}", failure.message);
    assert!(Meaning::Unauthorized.failure("x").message.contains("token"));
}

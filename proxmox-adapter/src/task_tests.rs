//! UPIDs, and what counts as success.

use super::*;
use dbx_domain::instance::FailureClass;
use proptest::prelude::*;

const RECORDED: &str = "UPID:pve1:000005D9:000469C0:6B04F754:vzclone:120:dbxyz@pve!ctl:";

#[test]
fn a_recorded_upid_is_read() {
    let upid: Upid = RECORDED.parse().unwrap();
    assert_eq!(
        (upid.node(), upid.kind(), upid.id(), upid.to_string().as_str()),
        ("pve1", "vzclone", "120", RECORDED)
    );
    assert_eq!(
        upid.path(),
        "/nodes/pve1/tasks/UPID%3Apve1%3A000005D9%3A000469C0%3A6B04F754%3Avzclone%3A120%3Adbxyz%40pve%21ctl%3A"
    );
}

#[test]
fn anything_else_is_none() {
    for text in [
        "",
        "UPID",
        "UPID:pve1:000005D9:000469C0:6B04F754:vzclone:120:dbxyz@pve!ctl",
        "UPID:../x:000005D9:000469C0:6B04F754:vzclone:120:dbxyz@pve!ctl:",
        "UPID:pve1:5D9:000469C0:6B04F754:vzclone:120:dbxyz@pve!ctl:",
        "UPID:pve1:000005D9:000469C0:6B04F754:vzclone:120::",
    ] {
        assert!(text.parse::<Upid>().is_err(), "{text}");
    }
}

#[test]
fn only_ok_and_warnings_are_success() {
    let upid: Upid = RECORDED.parse().unwrap();
    for exit in ["OK", "WARNINGS: 1", "WARNINGS: 12"] {
        assert_eq!(ended(&upid, exit), Ok(()), "{exit}");
    }
    let class = |exit: &str| ended(&upid, exit).unwrap_err().class;
    assert_eq!(class("unexpected status"), FailureClass::Unknown);
    assert_eq!(class("clone failed: interrupted by signal"), FailureClass::Transient);
    assert_eq!(class("storage 'x' does not exist"), FailureClass::Permanent);
    assert_eq!(class("ok"), FailureClass::Permanent);
}

proptest! {
    #[test]
    fn every_upid_reads_back(
        node in "[a-z][a-z0-9-]{0,20}", pid: u32, pstart: u32, start: u32, kind in "[a-z]{1,12}", id in "[0-9]{0,9}",
        user in "[a-z]{1,8}@p[av][em](![a-z]{1,8})?",
    ) {
        let text = format!("UPID:{node}:{pid:08X}:{pstart:08X}:{start:08X}:{kind}:{id}:{user}:");
        let upid: Upid = text.parse().unwrap();
        prop_assert_eq!(upid.to_string(), text);
        prop_assert_eq!((upid.node(), upid.kind(), upid.id()), (node.as_str(), kind.as_str(), id.as_str()));
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        if let Ok(upid) = text.parse::<Upid>() {
            prop_assert_eq!(upid.to_string(), text);
        }
    }
}

//! The network card `net0`.

use crate::{property::Properties, settings::ProxmoxConfig};
use std::net::Ipv4Addr;

/// `net0` as it should be, given how it is.
///
/// The hardware address is kept: leaving it out would draw a new one. What the template's maker set beside our keys
/// (VLAN tag, MTU, rate) is kept too.
pub(crate) fn net0(current: Option<&str>, address: Ipv4Addr, config: &ProxmoxConfig) -> Properties {
    let mut wanted = guarded(current);
    wanted.set("name", "eth0");
    wanted.set("type", "veth");
    wanted.set("bridge", &config.bridge);
    wanted.set("ip", &format!("{address}/{}", config.prefix));
    wanted.remove("link_down");
    match config.gateway {
        Some(gateway) => wanted.set("gw", &gateway.to_string()),
        None => wanted.remove("gw"),
    }
    wanted
}

/// `net0` with the flag without which the guest's firewall rules are ignored, otherwise as it is.
pub(crate) fn guarded(current: Option<&str>) -> Properties {
    let mut wanted = Properties::parse(current.unwrap_or_default());
    wanted.set("firewall", "1");
    wanted
}

/// Whether `current` has that flag.
pub(crate) fn is_guarded(current: Option<&str>) -> bool {
    is(current, &guarded(current))
}

/// Whether `current` is `wanted` already.
pub(crate) fn is(current: Option<&str>, wanted: &Properties) -> bool {
    current.is_some_and(|current| Properties::parse(current) == *wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(gateway: Option<&str>) -> ProxmoxConfig {
        serde_json::from_value(serde_json::json!({
            "api_urls": ["https://a"], "token_id": "u@pve!t", "ca": {"fingerprint": ""}, "templates": {"pve1": 9001},
            "storage": "s", "bridge": "vmbr1", "prefix": 24, "pool": "p", "gateway": gateway,
        }))
        .unwrap()
    }

    #[test]
    fn keeps_the_hardware_address_and_replaces_the_templates_address() {
        let template =
            "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:5A:07:4E,ip=manual,tag=7,type=veth,gw=10.0.0.9";
        let wanted = net0(Some(template), Ipv4Addr::new(10, 1, 2, 3), &config(Some("10.1.2.1")));
        assert_eq!(
            wanted.to_string(),
            "name=eth0,bridge=vmbr1,firewall=1,gw=10.1.2.1,hwaddr=BC:24:11:5A:07:4E,ip=10.1.2.3/24,tag=7,type=veth"
        );
        assert!(!is(Some(template), &wanted));
        assert!(is(Some(&wanted.to_string()), &wanted));
    }

    #[test]
    fn a_gateway_that_is_not_configured_goes() {
        let wanted = net0(Some("name=eth0,gw=10.0.0.9"), Ipv4Addr::new(10, 1, 2, 3), &config(None));
        assert_eq!(wanted.get("gw"), None);
    }
}

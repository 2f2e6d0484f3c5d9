//! The `netN` property string: parsed, checked and written back in Proxmox's key order.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use rand::Rng;

const KEYS: [&str; 15] = [
    "bridge",
    "firewall",
    "gw",
    "gw6",
    "host-managed",
    "hwaddr",
    "ip",
    "ip6",
    "link_down",
    "mtu",
    "name",
    "rate",
    "tag",
    "trunks",
    "type",
];

/// A virtual network card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Network {
    keys: BTreeMap<String, String>,
}

impl Network {
    /// Parses a property string; the error is the list of complaints as Proxmox words them.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<(String, String)>> {
        let mut keys = BTreeMap::new();
        let mut errors = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (key, value) = part.split_once('=').unwrap_or(("name", part));
            if KEYS.contains(&key) {
                keys.insert(key.to_owned(), value.to_owned());
            } else {
                let message =
                    "property is not defined in schema and the schema does not allow additional properties";
                errors.push((key.to_owned(), message.to_owned()));
            }
        }
        if !keys.contains_key("name") {
            errors.push(("name".to_owned(), "property is missing and it is not optional".to_owned()));
        }
        check_address(&keys, &mut errors);
        if errors.is_empty() { Ok(Self { keys }) } else { Err(errors) }
    }

    /// The stored form: a MAC is made up where none was given, `name` comes first, the rest by key.
    pub(crate) fn canonical(mut self) -> String {
        self.keys.entry("hwaddr".to_owned()).or_insert_with(fresh_mac);
        self.keys.entry("type".to_owned()).or_insert_with(|| "veth".to_owned());
        let name = self.keys.remove("name").unwrap_or_default();
        self.keys.iter().fold(format!("name={name}"), |text, (key, value)| format!("{text},{key}={value}"))
    }

    /// The same card with a MAC of its own, as a clone gets it.
    pub(crate) fn with_fresh_mac(mut self) -> Self {
        self.keys.insert("hwaddr".to_owned(), fresh_mac());
        self
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.keys.get(key).map(String::as_str)
    }

    /// The fixed IPv4 address, if there is one.
    pub(crate) fn ipv4(&self) -> Option<Ipv4Addr> {
        self.get("ip")?.split('/').next()?.parse().ok()
    }

    /// The ACL path of the bridge.
    pub(crate) fn sdn_path(&self) -> Option<String> {
        let bridge = self.get("bridge")?;
        Some(match self.get("tag") {
            Some(tag) => format!("/sdn/zones/localnetwork/{bridge}/{tag}"),
            None => format!("/sdn/zones/localnetwork/{bridge}"),
        })
    }
}

fn check_address(keys: &BTreeMap<String, String>, errors: &mut Vec<(String, String)>) {
    let Some(ip) = keys.get("ip") else { return };
    let fixed = ip.split_once('/').is_some_and(|(address, prefix)| {
        address.parse::<Ipv4Addr>().is_ok() && prefix.parse::<u8>().is_ok_and(|p| (1..=32).contains(&p))
    });
    if !fixed && ip != "manual" && ip != "dhcp" {
        let message = "invalid format - value does not look like a valid ipv4 network configuration\n";
        errors.push(("ip".to_owned(), message.to_owned()));
    }
}

/// A random address with Proxmox's own prefix.
pub(crate) fn fresh_mac() -> String {
    let tail: [u8; 3] = rand::rng().random();
    format!("BC:24:11:{:02X}:{:02X}:{:02X}", tail[0], tail[1], tail[2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_name_first_and_fills_in_mac_and_type() {
        let net = Network::parse("bridge=vmbr0,ip=10.99.0.110/24,name=eth0,gw=10.99.0.1,firewall=1").unwrap();
        let text = net.canonical();
        let mac = text.split("hwaddr=").nth(1).unwrap()[..17].to_owned();
        assert!(mac.starts_with("BC:24:11:"));
        let expected = format!(
            "name=eth0,bridge=vmbr0,firewall=1,gw=10.99.0.1,hwaddr={mac},ip=10.99.0.110/24,type=veth"
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn refuses_unknown_keys_and_bad_addresses() {
        let errors = Network::parse("name=eth0,colour=red,ip=10.0.0.1").unwrap_err();
        assert_eq!(errors.iter().map(|(key, _)| key.as_str()).collect::<Vec<_>>(), ["colour", "ip"]);
    }
}

//! The ownership marker in a container's description.
//!
//! Guarantee: a description that somebody else wrote is never taken for ours: the marker is a line of its own with a
//! prefix that nobody uses by chance and an id in its one canonical spelling, and two different ids are none.

use dbx_domain::ids::InstanceId;

const PREFIX: &str = "dbxyz-owner: ";

/// The description of a container of `instance`.
pub(crate) fn description(instance: InstanceId) -> String {
    format!(
        "A Postgres instance managed by db.xyz: use db.xyz to change or delete it.\nThe next line proves whose it is; without it db.xyz will not touch this container.\n{PREFIX}{instance}"
    )
}

/// Whose container has this description. Proxmox adds a newline at its end.
pub(crate) fn owner(description: &str) -> Option<InstanceId> {
    let mut owners = description.lines().filter_map(|line| line.trim_end().strip_prefix(PREFIX));
    let owner = owners.next()?.parse().ok()?;
    owners.all(|other| other.parse() == Ok(owner)).then_some(owner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn instance(number: u128) -> InstanceId {
        InstanceId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn reads_back_its_own_text_with_a_newline_more() {
        let text = description(instance(7));
        assert_eq!(owner(&text), Some(instance(7)));
        assert_eq!(owner(&format!("{text}\n")), Some(instance(7)));
        assert_eq!(owner(&format!("a note of the operator\n{text}\r\nanother\n")), Some(instance(7)));
    }

    #[test]
    fn texts_of_others_are_not_ours() {
        let id = instance(7);
        for text in [
            String::new(),
            "clone of 120\n".to_owned(),
            format!("see dbxyz-owner: {id}"),
            format!("dbxyz-owner:{id}"),
            format!("dbxyz-owner: {}", id.to_string().to_uppercase()),
            "dbxyz-owner: ins_".to_owned(),
            format!("dbxyz-owner: {id} (was)"),
            format!("dbxyz-owner: {id}\ndbxyz-owner: {}", instance(8)),
            format!("dbxyz-owner: {id}\ndbxyz-owner: nonsense"),
        ] {
            assert_eq!(owner(&text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_without_the_prefix_is_ours(text in "(?s).{0,200}") {
            prop_assume!(!text.contains("dbxyz-owner"));
            prop_assert_eq!(owner(&text), None);
        }

        #[test]
        fn every_instance_reads_back(number: u128) {
            prop_assert_eq!(owner(&description(instance(number))), Some(instance(number)));
        }
    }
}

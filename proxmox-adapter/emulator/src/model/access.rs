//! Tokens, access lists and what they allow, after pve-access-control: the entry with the longest path replaces what it
//! would inherit, and rights on a pool are added to those on its members.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Cluster, Vmid};

/// Grants privileges on a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AclEntry {
    /// For example `/pool/dbxyz`.
    pub path: String,
    /// Proxmox privilege names, for example `VM.Audit`.
    pub privileges: Vec<String>,
    /// Whether paths below inherit.
    pub propagate: bool,
}

impl AclEntry {
    /// An entry that paths below inherit.
    #[must_use]
    pub fn new(path: &str, privileges: &[&str]) -> Self {
        let privileges = privileges.iter().map(|&privilege| privilege.to_owned()).collect();
        Self { path: path.to_owned(), privileges, propagate: true }
    }

    /// The same entry for its own path alone.
    #[must_use]
    pub fn without_propagation(mut self) -> Self {
        self.propagate = false;
        self
    }
}

/// A token, its secret as a hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TokenRecord {
    pub(crate) secret_hash: String,
    pub(crate) acl: Vec<AclEntry>,
}

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    /// `USER@REALM!TOKENID`.
    pub(crate) id: String,
    acl: Vec<AclEntry>,
}

impl Principal {
    pub(crate) fn new(id: &str, token: &TokenRecord) -> Self {
        Self { id: id.to_owned(), acl: token.acl.clone() }
    }

    /// Whether all of `privileges` are granted on `path`.
    pub(crate) fn may(&self, cluster: &Cluster, path: &str, privilege: &str) -> bool {
        self.privileges(cluster, path).contains(privilege)
    }

    /// The privileges on a path, with the pool's where the path is a pool member.
    pub(crate) fn privileges(&self, cluster: &Cluster, path: &str) -> BTreeSet<String> {
        let mut granted = self.direct(path);
        let member = path.strip_prefix("/vms/").and_then(|id| id.parse::<Vmid>().ok());
        if let Some(pool) = member.and_then(|vmid| cluster.pool_of(vmid)) {
            granted.extend(self.direct(&format!("/pool/{pool}")));
        }
        granted
    }

    /// Paths that an access list names, and the containers: what `GET /access/permissions` reports on.
    pub(crate) fn all(&self, cluster: &Cluster) -> BTreeMap<String, BTreeSet<String>> {
        let named = self.acl.iter().map(|entry| entry.path.clone());
        let containers = cluster.containers.keys().into_iter().map(|vmid| format!("/vms/{vmid}"));
        let with_privileges = |path: String| {
            let privileges = self.privileges(cluster, &path);
            (path, privileges)
        };
        named
            .chain(containers)
            .map(with_privileges)
            .filter(|(_, privileges)| !privileges.is_empty())
            .collect()
    }

    fn direct(&self, path: &str) -> BTreeSet<String> {
        let applies =
            |entry: &&AclEntry| entry.path == path || (entry.propagate && is_below(path, &entry.path));
        let longest = self.acl.iter().filter(applies).map(|entry| entry.path.len()).max();
        let deepest = self.acl.iter().filter(applies).filter(|entry| Some(entry.path.len()) == longest);
        deepest.flat_map(|entry| entry.privileges.iter().cloned()).collect()
    }
}

fn is_below(path: &str, ancestor: &str) -> bool {
    ancestor == "/" || path.strip_prefix(ancestor).is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(acl: Vec<AclEntry>) -> Principal {
        Principal::new("u@pve!t", &TokenRecord { secret_hash: String::new(), acl })
    }

    #[test]
    fn a_deeper_entry_replaces_what_it_would_inherit() {
        let who = principal(vec![
            AclEntry::new("/vms", &["VM.Audit", "VM.PowerMgmt"]),
            AclEntry::new("/vms/9001", &["VM.Clone"]),
        ]);
        let cluster = Cluster::default();
        assert!(who.may(&cluster, "/vms/100", "VM.PowerMgmt"));
        assert!(!who.may(&cluster, "/vms/9001", "VM.Audit"));
    }

    #[test]
    fn pool_rights_reach_members_only() {
        let who = principal(vec![AclEntry::new("/pool/dbxyz", &["VM.Audit"])]);
        let mut cluster = Cluster::default();
        cluster.pools.entry(&"dbxyz".to_owned(), Default::default).members.insert(100);
        assert!(who.may(&cluster, "/vms/100", "VM.Audit"));
        assert!(!who.may(&cluster, "/vms/101", "VM.Audit"));
    }

    #[test]
    fn an_entry_without_propagation_ends_at_its_path() {
        let who = principal(vec![AclEntry::new("/", &["Sys.Audit"]).without_propagation()]);
        let cluster = Cluster::default();
        assert!(who.may(&cluster, "/", "Sys.Audit"));
        assert!(!who.may(&cluster, "/nodes/pve1", "Sys.Audit"));
    }
}

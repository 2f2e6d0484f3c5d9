//! Nodes that go away for a while: cut off, with everything on them going on, or without power.

use super::Cluster;
use dbx_domain::ids::Ctid;

impl Cluster {
    pub fn lose_node(&mut self, name: &str, power: bool) {
        let how = if power { "loses power" } else { "is cut off" };
        self.sea.note(|| format!("node {name} {how}"));
        if let Some(node) = self.node(name) {
            node.reachable = false;
        }
        if power {
            self.kill_tasks(name);
        }
    }

    /// Containers that ran are started by the node itself; their servers take a moment.
    pub fn regain_node(&mut self, name: &str, power: bool) {
        self.sea.note(|| format!("node {name} is back"));
        if let Some(node) = self.node(name) {
            node.reachable = true;
        }
        let now = self.sea.now();
        if power {
            let on_it = self.guests.values_mut().filter(|guest| guest.node == name && guest.owner.is_some());
            on_it.filter(|guest| guest.running).for_each(|guest| guest.boot(now + 3_000));
        }
    }

    /// An operator at the console.
    pub fn set_power(&mut self, ctid: Ctid, running: bool) {
        let now = self.sea.now();
        if let Some(guest) = self.guests.get_mut(&ctid) {
            guest.running = running;
            guest.late = false;
            if running {
                guest.boot(now);
            }
        }
    }
}

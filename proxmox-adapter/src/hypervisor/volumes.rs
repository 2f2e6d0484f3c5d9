//! Listing volumes, to find those that nobody claims.

use super::ProxmoxHypervisor;
use crate::{meaning::Meaning, resources};
use async_trait::async_trait;
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::care::volumes::{Volume, Volumes};
use futures::future;

#[async_trait]
impl Volumes for ProxmoxHypervisor {
    async fn volumes(&self) -> Result<Vec<Volume>, Failure> {
        let nodes = resources::nodes(&self.client).await?;
        let up = nodes.iter().filter(|row| row.status == "online");
        let lists = future::join_all(up.map(|row| async {
            (&row.node, resources::volumes(&self.client, &row.node, &self.config.storage).await)
        }));
        let mut volumes = Vec::new();
        for (node, list) in lists.await {
            match list {
                Ok(rows) => volumes.extend(rows.into_iter().filter_map(|row| {
                    let owner = Ctid(u32::try_from(row.vmid).ok().filter(|vmid| *vmid > 0)?);
                    Some(Volume { owner, node: node.clone(), id: row.volid })
                })),
                Err(error) if error.means(&Meaning::NodeDown) => {}
                Err(error) => return Err(error.into()),
            }
        }
        volumes.sort();
        Ok(volumes)
    }
}

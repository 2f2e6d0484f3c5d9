//! The Postgres servers inside the containers, as far as our role and the tenant's go.

use super::Cluster;
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::{
    credential::{Password, Verifier},
    database_admin::ServerProof,
    failure::{permanent, transient},
};
use std::net::Ipv4Addr;

impl Cluster {
    fn answering(&self, address: Ipv4Addr) -> Result<Ctid, Failure> {
        let now = self.sea.now();
        self.guests
            .iter()
            .find(|(_, guest)| guest.address == Some(address) && guest.running && guest.answers_at <= now)
            .filter(|(_, guest)| self.nodes.iter().any(|node| node.name == guest.node && node.reachable))
            .map(|(ctid, _)| *ctid)
            .ok_or_else(|| transient("unreachable", format!("nothing answers at {address}")))
    }

    /// The server there, if it knows our password; that is how it proves itself.
    fn proven(&self, address: Ipv4Addr, platform: &Password) -> Result<Ctid, Failure> {
        let ctid = self.answering(address)?;
        let env = self.guests[&ctid].env.as_ref();
        let ours = env.and_then(|env| env.0.get("PG_PLATFORM_PASS")).map(Verifier::from_stored);
        match ours.is_some_and(|verifier| verifier.accepts(platform)) {
            true => Ok(ctid),
            false => {
                Err(permanent("not_proven", format!("the server at {address} does not know our password")))
            }
        }
    }

    pub fn prove(&self, address: Ipv4Addr, platform: &Password) -> Result<ServerProof, Failure> {
        let ctid = self.proven(address, platform)?;
        let server_version = "17.0".to_owned();
        let (certificate_pem, fingerprint) = (format!("certificate of {ctid}"), format!("{:08x}", ctid.0));
        Ok(ServerProof { server_version, certificate_pem, fingerprint })
    }

    pub fn set_tenant(
        &mut self,
        address: Ipv4Addr,
        platform: &Password,
        verifier: &Verifier,
    ) -> Result<(), Failure> {
        let ctid = self.proven(address, platform)?;
        if let Some(guest) = self.guests.get_mut(&ctid) {
            guest.tenant = Some(verifier.clone());
        }
        Ok(())
    }

    pub fn tenant_accepts(&self, address: Ipv4Addr, password: &Password) -> Result<bool, Failure> {
        let ctid = self.answering(address)?;
        Ok(self.guests[&ctid].tenant.as_ref().is_some_and(|verifier| verifier.accepts(password)))
    }
}

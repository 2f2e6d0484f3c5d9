//! The Postgres servers inside the containers, as far as our role and the tenant's go.

use super::{Cluster, Guest};
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::{
    credential::{Password, Verifier},
    database_admin::ServerProof,
    failure::{permanent, transient, unknown},
};
use std::net::Ipv4Addr;

/// A session of our role in the server of a container: one boot of it, and the stamp that it has seen.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    ctid: Ctid,
    boot: u64,
    stamp: u64,
}

impl Cluster {
    fn answering(&self, address: Ipv4Addr) -> Result<Ctid, Failure> {
        let now = self.sea.now();
        self.guests
            .iter()
            .find(|(_, guest)| guest.address == Some(address) && guest.running && guest.answers_at <= now)
            .filter(|(_, guest)| self.nodes.iter().any(|node| node.name == guest.node && node.reachable))
            .map(|(ctid, _)| *ctid)
            .ok_or_else(|| unreachable(address))
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

    /// Signs in to change something, and looks at the last change's stamp.
    pub fn open_session(&self, address: Ipv4Addr, platform: &Password) -> Result<Session, Failure> {
        let ctid = self.proven(address, platform)?;
        let Guest { boots: boot, stamp, .. } = self.guests[&ctid];
        Ok(Session { ctid, boot, stamp })
    }

    /// Changes the password, unless another change came in between: what was given up earlier may arrive only now.
    pub fn set_tenant(&mut self, session: Session, verifier: &Verifier) -> Result<(), Failure> {
        let lost = || unknown("connection_lost", "the session is over");
        let guest = self.guests.get_mut(&session.ctid).ok_or_else(lost)?;
        if !guest.running || session.boot != guest.boots {
            return Err(lost());
        }
        if session.stamp != guest.stamp && !dbx_workflows::planted!(PasswordNotFenced) {
            return Err(transient("overtaken", "another change of the password came first"));
        }
        guest.stamp += 1;
        guest.tenant = Some(verifier.clone());
        Ok(())
    }

    pub fn tenant_accepts(&self, address: Ipv4Addr, password: &Password) -> Result<bool, Failure> {
        let ctid = self.answering(address)?;
        Ok(self.guests[&ctid].tenant.as_ref().is_some_and(|verifier| verifier.accepts(password)))
    }
}

fn unreachable(address: Ipv4Addr) -> Failure {
    transient("unreachable", format!("nothing answers at {address}"))
}

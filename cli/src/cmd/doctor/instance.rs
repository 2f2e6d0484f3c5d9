//! An instance, as its clients see it.

use super::{
    checkup::{Check, Checkup},
    postgres,
    server::{connect, milliseconds},
};
use crate::{
    api::{Connection, Health, Instance, Lifecycle},
    args::ProjectScope,
    cmd::connection,
    context::Context,
    failure::Failure,
};
use std::time::Instant;

pub(super) fn look(
    context: &Context,
    wanted: &str,
    scope: &ProjectScope,
    checkup: &mut Checkup,
) -> Result<(), Failure> {
    let instance = match context.instance_named(wanted, scope) {
        Ok(instance) => instance.value,
        Err(failure) => return checkup.add(context, Check::failed(context, "instance", &failure)),
    };
    checkup.add(context, state(&instance))?;
    if instance.lifecycle == Lifecycle::Stopped {
        return Ok(());
    }
    match connection::find(context, &instance.id) {
        Ok(connection) => reach(context, &connection.value, checkup),
        Err(failure) => checkup.add(context, Check::failed(context, "connection", &failure)),
    }
}

fn state(instance: &Instance) -> Check {
    let found = format!("{} is {}, {}", instance.name, instance.lifecycle, instance.health);
    match (instance.lifecycle, instance.health) {
        (Lifecycle::Running, Health::Healthy | Health::Unknown) => Check::good("instance", found),
        (Lifecycle::Stopped, _) => {
            Check::bad("instance", found, format!("dbx instance start {} --wait", instance.name))
        }
        _ => Check::odd("instance", found, format!("dbx job info {}", instance.name)),
    }
}

fn reach(context: &Context, connection: &Connection, checkup: &mut Checkup) -> Result<(), Failure> {
    let (place, began) = (format!("{}:{}", connection.host, connection.port), Instant::now());
    let stream = match connect(&connection.host, connection.port) {
        Ok(stream) => stream,
        Err(error) => {
            let next = "check that your network lets you there: firewall, VPN, routes";
            let check = Check::bad("connection", format!("{place} is not reached: {error}"), next);
            return checkup.add(context, check);
        }
    };
    let found = format!("{place} is reached in {}", milliseconds(began));
    checkup.add(context, Check::good("connection", found))?;
    let certificate = match postgres::handshake(stream, &connection.host, &connection.fingerprint) {
        Ok(version) => Check::good("certificate", format!("{version}, the very one that db.xyz recorded")),
        Err(trouble) => Check::bad("certificate", trouble.to_string(), trouble.next()),
    };
    checkup.add(context, certificate)
}

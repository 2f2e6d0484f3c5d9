//! Passwords.

use super::operate;
use crate::{
    api::RevealedCredential,
    args::{CredsCommand, OneArgs},
    client::Answer,
    context::Context,
    failure::Failure,
};
use ureq::http::Method;

pub(super) fn run(context: &Context, command: CredsCommand) -> Result<(), Failure> {
    match command {
        CredsCommand::Rotate(args) => operate::verb(context, &args, "rotate-creds"),
        CredsCommand::Reveal(one) => show(context, &one),
    }
}

fn show(context: &Context, one: &OneArgs) -> Result<(), Failure> {
    let instance = context.instance(one)?.value;
    let Answer { value: revealed, body } = reveal(context, &instance.id)?;
    context.output.show_essence(&body, &revealed.password, |_| revealed.password.clone())
}

/// The password in the clear; the instance's history records that it was shown.
pub(super) fn reveal(context: &Context, instance: &str) -> Result<Answer<RevealedCredential>, Failure> {
    context.client.ask(Method::POST, &format!("/instances/{instance}/credentials:reveal"), None::<&()>)
}

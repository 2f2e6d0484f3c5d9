//! Into the console.

use crate::{args::OpenArgs, context::Context, failure::Failure, output};
use serde_json::json;
use std::{
    env,
    process::{Command, Stdio},
};

pub(super) fn run(context: &Context, args: &OpenArgs) -> Result<(), Failure> {
    let address = format!("{}{}", context.api(), page(context, args)?);
    let shown = args.print || !context.output.is_for_people() || !has_display();
    if !shown && begin(&address) {
        context.note(&format!("opened {address}"));
        return Ok(());
    }
    context.output.show_essence(&json!({ "url": address }), &address, |_| output::clean(&address))
}

/// The console's page of what is meant.
fn page(context: &Context, args: &OpenArgs) -> Result<String, Failure> {
    if let Some(wanted) = &args.instance {
        return Ok(format!("/instances/{}", context.instance_named(wanted, &args.scope)?.value.id));
    }
    if let Some(project) = context.narrowed(&args.scope)? {
        return Ok(format!("/projects/{}", project.id));
    }
    Ok(format!("/orgs/{}", context.org(args.scope.org.as_ref())?.id))
}

fn has_display() -> bool {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"].into_iter().any(is_set)
}

/// Whether a browser was begun. It outlives this program, and says nothing on its terminal.
fn begin(address: &str) -> bool {
    let program = env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
    let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut browser = Command::new(program.as_deref().unwrap_or(usual));
    browser.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
}

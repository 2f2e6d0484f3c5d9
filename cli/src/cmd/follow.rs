//! Following a live stream until Ctrl-C, or until there is nothing more to come.

use crate::{client::Told, context::Context, failure::Failure, interrupt, output::reader};
use serde_json::Value;
use std::ops::ControlFlow;

/// What is heard of a stream.
pub(super) enum Heard {
    /// It is connected for the first time: nothing that happens from now on is missed.
    Began,
    /// Something happened.
    Event(Value),
}

/// Tells `each` event of this kind, and people about the connection. Ends by Ctrl-C, with exit code 130, when nobody
/// reads stdout any more, when `each` says so, or when the server says that it is over.
///
/// # Errors
/// Those of `each`; [`Failure::AccessLost`]; a refusal.
pub(super) fn until_interrupted(
    context: &Context,
    path: String,
    query: Vec<(&'static str, String)>,
    kind: &str,
    mut each: impl FnMut(Heard) -> Result<ControlFlow<()>, Failure>,
) -> Result<(), Failure> {
    // Threads that begin later are held back as well, and only one awaits.
    interrupt::farewell(|_| ())?;
    reader::end_when_gone();
    let mut events = context.client.events(path, query)?;
    let mut greeted = false;
    loop {
        match events.next()? {
            Told::Event(event) if event.kind == kind => {
                if each(Heard::Event(parse(&event.data)))?.is_break() {
                    return Ok(());
                }
            }
            Told::Event(event) if event.kind == "bye" && is_final(&event.data) => {
                return Err(Failure::AccessLost);
            }
            // From here on nothing is missed.
            Told::Event(event) if event.kind == "hello" && !greeted => {
                greeted = true;
                context.note("following; Ctrl-C ends it");
                if each(Heard::Began)?.is_break() {
                    return Ok(());
                }
            }
            // Later greetings, pings, and farewells of a server that is to be asked again.
            Told::Event(_) => {}
            Told::Lost(why) => context.note(&format!("{why}; nothing will be missed, trying again …")),
            Told::Back => context.note("connected again"),
        }
    }
}

/// A server that stops, or for which this side was too slow, says so as well.
fn is_final(farewell: &str) -> bool {
    parse(farewell).get("reason").and_then(Value::as_str) == Some("access_lost")
}

fn parse(data: &str) -> Value {
    serde_json::from_str(data).unwrap_or(Value::Null)
}

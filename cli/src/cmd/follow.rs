//! Following a live stream until Ctrl-C.

use crate::{client::Told, context::Context, failure::Failure, interrupt};
use serde_json::Value;

/// Tells `each` event of this kind, and people about the connection. Ends by Ctrl-C, with exit code 130, or when the
/// server says that it is over.
///
/// # Errors
/// Those of `each`; [`Failure::AccessLost`]; a refusal.
pub(super) fn until_interrupted(
    context: &Context,
    path: String,
    query: Vec<(&'static str, String)>,
    kind: &str,
    mut each: impl FnMut(Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    // Threads that begin later are held back as well, and only one awaits.
    interrupt::hold()?.end_with(|| ());
    let mut events = context.client.events(path, query)?;
    let mut greeted = false;
    loop {
        match events.next()? {
            Told::Event(event) if event.kind == kind => each(parse(&event.data))?,
            Told::Event(event) if event.kind == "bye" && is_final(&event.data) => {
                return Err(Failure::AccessLost);
            }
            // From here on nothing is missed.
            Told::Event(event) if event.kind == "hello" && !greeted => {
                greeted = true;
                context.note("following; Ctrl-C ends it");
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

//! Server-sent events (WHATWG HTML, "Server-sent events"), line by line. Pure.

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// What kind; `message` if the server does not say.
    pub(crate) kind: String,
    /// Its data, lines joined.
    pub(crate) data: String,
    /// The last id so far: where to go on after a broken connection.
    pub(crate) id: Option<String>,
}

/// Puts lines together.
#[derive(Debug, Default)]
pub(super) struct Parser {
    kind: String,
    data: Vec<String>,
    id: Option<String>,
}

impl Parser {
    /// Takes a line without its end; gives an event where one is complete.
    pub(super) fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            return self.complete();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => self.data.push(value.to_owned()),
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()),
            // Comments begin with the colon; what is unknown is to be ignored.
            _ => {}
        }
        None
    }

    fn complete(&mut self) -> Option<Event> {
        let (kind, data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
        if data.is_empty() {
            return None;
        }
        let kind = if kind.is_empty() { "message".to_owned() } else { kind };
        Some(Event { kind, data: data.join("\n"), id: self.id.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Parser};

    fn parse(text: &str) -> Vec<Event> {
        let mut parser = Parser::default();
        text.split('\n').filter_map(|line| parser.line(line)).collect()
    }

    fn event(kind: &str, data: &str, id: Option<&str>) -> Event {
        Event { kind: kind.to_owned(), data: data.to_owned(), id: id.map(str::to_owned) }
    }

    #[test]
    fn events_are_put_together_and_keep_the_last_id() {
        let text = ": hi\nevent: hello\nid: 7\ndata: {}\n\nevent:ping\ndata:\n\ndata: a\ndata: b\nid: 8\n\n";
        let expected = [
            event("hello", "{}", Some("7")),
            event("ping", "", Some("7")),
            event("message", "a\nb", Some("8")),
        ];
        assert_eq!(parse(text), expected);
    }

    #[test]
    fn what_is_unknown_or_unfinished_is_ignored() {
        assert_eq!(parse("retry: 3\nnonsense\n\nevent: lost\n\ndata: unfinished"), []);
    }
}

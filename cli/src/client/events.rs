//! A live stream of events that outlives its connections.
//!
//! Guarantees: it goes on behind the last event that was delivered, so nothing is missed and nothing told twice; a
//! server that fell silent is noticed, since it pings; refusals end the stream, absences do not.

use super::{
    Client, agent,
    agent::Pace,
    answer,
    call::Call,
    sse::{Event, Parser},
};
use crate::failure::Failure;
use std::{
    io::{BufRead as _, BufReader},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};
use ureq::{Agent, Body, http::Response};

/// The server pings every 15 seconds; after three of them are missing, the connection is dead.
const SILENCE: Duration = Duration::from_secs(46);
/// Time between two attempts to get back.
const ABSENT: Duration = Duration::from_secs(1);

/// What a stream tells.
pub(crate) enum Told {
    /// Something happened.
    Event(Event),
    /// The connection is gone, for this reason; it is being made again.
    Lost(String),
    /// It is back.
    Back,
}

/// A live stream of events.
pub(crate) struct Events<'a> {
    client: &'a Client,
    agent: Agent,
    path: String,
    query: Vec<(&'static str, String)>,
    after: Option<String>,
    lines: Option<Receiver<String>>,
    parser: Parser,
    is_lost: bool,
}

impl Client {
    /// Opens a stream.
    ///
    /// # Errors
    /// If the server refuses, or is not there at the first attempt.
    pub(crate) fn events(
        &self,
        path: String,
        query: Vec<(&'static str, String)>,
    ) -> Result<Events<'_>, Failure> {
        let agent = agent::new(&self.api, Pace::Endless);
        let (after, lines, parser) = (None, None, Parser::default());
        let mut events = Events { client: self, agent, path, query, after, lines, parser, is_lost: false };
        events.connect()?;
        Ok(events)
    }
}

impl Events<'_> {
    /// Waits for what comes next.
    ///
    /// # Errors
    /// If the server refuses to go on.
    pub(crate) fn next(&mut self) -> Result<Told, Failure> {
        loop {
            let Some(lines) = &self.lines else {
                crate::wait::rest(ABSENT);
                match self.connect() {
                    Err(failure) if failure.is_passing() => continue,
                    other => other?,
                }
                self.is_lost = false;
                return Ok(Told::Back);
            };
            match lines.recv_timeout(SILENCE) {
                Ok(line) => {
                    if let Some(event) = self.parser.line(&line) {
                        self.after.clone_from(&event.id);
                        return Ok(Told::Event(event));
                    }
                }
                Err(why) => {
                    (self.lines, self.parser) = (None, Parser::default());
                    if !std::mem::replace(&mut self.is_lost, true) {
                        return Ok(Told::Lost(reason(why).to_owned()));
                    }
                }
            }
        }
    }

    fn connect(&mut self) -> Result<(), Failure> {
        let call = Call { after: self.after.as_deref(), ..Call::get(&self.path, &self.query) };
        let response = self.client.attempt(&self.agent, &call).map_err(|(failure, _)| failure)?;
        let response = answer::accepted(&self.client.api, response).map_err(|(failure, _)| failure)?;
        self.lines = Some(read_aside(response));
        Ok(())
    }
}

/// Reads in a thread of its own, because a reader that is blocked cannot notice silence. The thread ends with the
/// connection or with the receiver.
fn read_aside(response: Response<Body>) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let reader = BufReader::new(response.into_body().into_reader());
    thread::spawn(move || {
        for line in reader.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

const fn reason(why: RecvTimeoutError) -> &'static str {
    match why {
        RecvTimeoutError::Timeout => "the server fell silent",
        RecvTimeoutError::Disconnected => "the connection ended",
    }
}

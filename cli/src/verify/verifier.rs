//! An export, line by line.

use super::{
    Finding,
    hash::{Hash, PublicKey},
    line::{Line, place},
    seal::Seal,
    stream::{Head, Stream},
};
use std::collections::{HashMap, HashSet};

/// Findings beyond these say nothing new.
const MOST: usize = 50;

/// Reads an export.
#[derive(Debug, Default)]
pub struct Verifier {
    lines: u64,
    scope: Option<String>,
    seal: Option<Seal>,
    heads: Vec<Head>,
    places: HashMap<(String, String), usize>,
    stream: Option<Stream>,
    over: HashSet<(String, String)>,
    events: u64,
    unsigned: u64,
    end: Option<u64>,
    findings: Vec<Finding>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is wrong; nothing, if all is well.
    pub findings: Vec<Finding>,
    /// Events that were read.
    pub events: u64,
    /// Streams that were read.
    pub streams: usize,
    /// Events that no checkpoint covers yet.
    pub unsigned: u64,
    /// The checkpoint that holds; `None` if there is none yet, or something is wrong with it.
    pub signed: Option<Signed>,
}

/// A checkpoint that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Its number, from 1.
    pub number: u64,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The id of the key.
    pub key: String,
    /// SHA-256 of its statement.
    pub hash: Hash,
}

impl Verifier {
    /// Takes the next line.
    pub fn line(&mut self, text: &str) {
        self.lines += 1;
        if self.end.is_some() {
            return self.malformed("something stands behind the last line");
        }
        let line = match serde_json::from_str(text) {
            Ok(line) => line,
            Err(error) => return self.malformed(&error.to_string()),
        };
        match (line, self.lines) {
            (Line::Chain { version: 1, scope }, 1) => self.scope = Some(scope),
            (Line::Chain { .. }, 1) => self.malformed("it is in a version that this dbx does not know"),
            (_, 1) | (Line::Chain { .. }, _) => {
                self.malformed("`chain` is to be the first line, and only that")
            }
            (Line::Checkpoint { statement, signature, index, path }, 2) => {
                self.seal = Some(Seal { statement, signature, index, path });
            }
            (Line::Head { kind, id, sequence, hash, times }, _)
                if self.seal.is_some() && self.events == 0 =>
            {
                self.places.insert((kind.clone(), id.clone()), self.heads.len());
                self.heads.push(Head { kind, id, sequence, hash, times });
            }
            (Line::Event { content, hash, micros }, _) => self.event(&content, hash, micros),
            (Line::End { events }, _) => self.end = Some(events),
            _ => self.malformed("it stands in a wrong place"),
        }
    }

    /// What all lines together say. `wanted` is the org it is to be about; `trusted` are the keys that may sign.
    #[must_use]
    pub fn finish(mut self, wanted: &str, trusted: &[PublicKey]) -> Report {
        self.close_stream();
        for head in std::mem::take(&mut self.heads) {
            let name = (head.kind.clone(), head.id.clone());
            if !self.over.contains(&name) {
                let finding = Stream::new(name).end(Some(&head));
                self.findings.extend(finding);
            }
            self.heads.push(head);
        }
        match self.end {
            None => self.findings.push(Finding::Incomplete),
            Some(told) if told != self.events => {
                self.findings.push(Finding::Miscounted { found: self.events, told });
            }
            Some(_) => {}
        }
        let scope = self.scope.clone().unwrap_or_default();
        if scope != wanted {
            self.findings.push(Finding::Foreign { found: scope.clone(), wanted: wanted.to_owned() });
        }
        let checked = self.seal.as_ref().map(|seal| seal.check(&scope, &self.heads, trusted)).transpose();
        let signed = checked.unwrap_or_else(|mut findings| {
            self.findings.append(&mut findings);
            None
        });
        self.findings.truncate(MOST);
        let (events, streams, unsigned) = (self.events, self.over.len(), self.unsigned);
        Report { findings: self.findings, events, streams, unsigned, signed }
    }

    fn event(&mut self, content: &str, hash: Option<Hash>, micros: i64) {
        self.events += 1;
        let (kind, id, sequence) = match place(content) {
            Ok(place) => place,
            Err(why) => return self.malformed(&why),
        };
        let name = (kind, id);
        if self.stream.as_ref().is_none_or(|stream| stream.name != name) {
            self.close_stream();
            if self.over.contains(&name) {
                let stream = format!("{} {}", name.0, name.1);
                self.findings.push(Finding::Reordered { stream, sequence });
            }
            self.stream = Some(Stream::new(name.clone()));
        }
        let head = self.places.get(&name).and_then(|place| self.heads.get(*place));
        self.unsigned += u64::from(head.is_none_or(|head| sequence > head.sequence));
        if let Some(stream) = &mut self.stream {
            let mut findings = stream.event(sequence, content, hash, micros, head);
            self.findings.append(&mut findings);
        }
    }

    fn close_stream(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let head = self.places.get(&stream.name).and_then(|place| self.heads.get(*place));
        self.findings.extend(stream.end(head));
        self.over.insert(stream.name);
    }

    fn malformed(&mut self, why: &str) {
        if self.findings.len() < MOST {
            self.findings.push(Finding::Malformed { line: self.lines, why: why.to_owned() });
        }
    }
}

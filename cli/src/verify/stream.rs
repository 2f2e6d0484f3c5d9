//! One stream, event by event.

use super::{Finding, hash::Hash};

/// What was signed of a stream.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) sequence: u64,
    pub(super) hash: Hash,
    pub(super) times: Hash,
}

/// A server's clock may be set back so far without an event counting as dated back; as in `dbxd audit verify`.
const CLOCK_SLACK_MICROS: i64 = 300_000_000;

/// A stream as far as it was read.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) name: (String, String),
    pub(super) sequence: u64,
    hash: Hash,
    times: Hash,
    /// When the last event was recorded.
    micros: Option<i64>,
    /// Times cannot be followed over a gap.
    is_broken: bool,
}

impl Stream {
    pub(super) fn new(name: (String, String)) -> Self {
        let (hash, times) = (Hash::default(), Hash::default());
        Self { name, sequence: 0, hash, times, micros: None, is_broken: false }
    }

    fn called(&self) -> String {
        format!("{} {}", self.name.0, self.name.1)
    }

    /// Reads the next event. After a finding it goes on with what the export claims, so that one change is one finding.
    pub(super) fn event(
        &mut self,
        sequence: u64,
        content: &str,
        claimed: Option<Hash>,
        micros: i64,
        head: Option<&Head>,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> = self.gap(sequence).into_iter().collect();
        let computed = Hash::of(&[self.hash.bytes(), content.as_bytes()]);
        if claimed.is_some_and(|claimed| claimed != computed) && findings.is_empty() {
            findings.push(Finding::Edited { stream: self.called(), sequence });
        }
        self.is_broken |= !findings.is_empty();
        if claimed.is_none() {
            findings.push(Finding::Unvouched { stream: self.called(), sequence });
        }
        let before = self.micros.replace(micros);
        if before.is_some_and(|before| micros.saturating_add(CLOCK_SLACK_MICROS) < before) {
            findings.push(Finding::Backdated { stream: self.called(), sequence });
        }
        self.sequence = sequence;
        self.hash = claimed.unwrap_or(computed);
        self.times = Hash::of(&[self.times.bytes(), micros.to_string().as_bytes()]);
        if let Some(head) = head.filter(|head| head.sequence == sequence) {
            findings.extend(self.against(head));
        }
        findings
    }

    fn gap(&self, sequence: u64) -> Option<Finding> {
        let expected = self.sequence.saturating_add(1);
        match sequence {
            found if found == expected => None,
            found if found > expected => {
                Some(Finding::Dropped { stream: self.called(), from: expected, to: found - 1 })
            }
            found => Some(Finding::Reordered { stream: self.called(), sequence: found }),
        }
    }

    fn against(&self, head: &Head) -> Option<Finding> {
        let (stream, sequence) = (self.called(), self.sequence);
        match (self.hash == head.hash, self.times == head.times) {
            (false, _) => Some(Finding::Rewritten { stream, sequence }),
            (true, false) if !self.is_broken => Some(Finding::Retimed { stream, sequence }),
            _ => None,
        }
    }

    /// The stream ends here.
    pub(super) fn end(&self, head: Option<&Head>) -> Option<Finding> {
        let signed = head?.sequence;
        let (stream, last) = (self.called(), self.sequence);
        (last < signed).then_some(Finding::CutOff { stream, last, signed })
    }
}

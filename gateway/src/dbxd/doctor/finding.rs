//! Findings, in sections, for people and for programs.

use crate::Failure;
use proxmox_adapter::{Finding, Level};
use serde::Serialize;
use std::io::Write as _;

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Section {
    /// The Proxmox cluster and our place in it.
    Cluster,
    /// The control database.
    Database,
    /// The keys that wrap the orgs' data keys.
    Keys,
    /// What is to be done.
    Queue,
    /// Record and cluster compared.
    Fleet,
}

impl Section {
    const fn title(self) -> &'static str {
        match self {
            Self::Cluster => "Cluster",
            Self::Database => "Control database",
            Self::Keys => "Keys",
            Self::Queue => "Jobs",
            Self::Fleet => "Instances, as recorded and as found",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct Line {
    section: Section,
    level: &'static str,
    what: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
}

/// Everything that was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings(Vec<Line>);

#[derive(Serialize)]
struct Document<'a> {
    healthy: bool,
    findings: &'a [Line],
}

const GOOD: &str = "good";
const WARNING: &str = "warning";
const ERROR: &str = "error";

impl Findings {
    pub(super) fn add(&mut self, section: Section, finding: Finding) {
        let Finding { level, what, remedy } = finding;
        let level = match level {
            Level::Good => GOOD,
            Level::Warning => WARNING,
            Level::Error => ERROR,
        };
        self.0.push(Line { section, level, what, remedy });
    }

    pub(super) fn good(&mut self, section: Section, what: impl Into<String>) {
        self.0.push(Line { section, level: GOOD, what: what.into(), remedy: String::new() });
    }

    pub(super) fn warning(&mut self, section: Section, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Line { section, level: WARNING, what: what.into(), remedy: remedy.into() });
    }

    pub(super) fn error(&mut self, section: Section, what: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Line { section, level: ERROR, what: what.into(), remedy: remedy.into() });
    }

    /// Whether nothing needs somebody.
    pub(super) fn is_healthy(&self) -> bool {
        self.0.iter().all(|line| line.level != ERROR)
    }

    /// Prints all of it.
    ///
    /// # Errors
    /// Standard output is closed.
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        let text = if json { self.json()? } else { self.text() };
        std::io::stdout().write_all(text.as_bytes())?;
        Ok(())
    }

    fn json(&self) -> Result<String, Failure> {
        let document = Document { healthy: self.is_healthy(), findings: &self.0 };
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut section = None;
        for line in &self.0 {
            if section != Some(line.section) {
                let gap = if section.is_some() { "\n" } else { "" };
                text.push_str(&format!("{gap}{}\n", line.section.title()));
                section = Some(line.section);
            }
            let mark = match line.level {
                GOOD => "ok   ",
                WARNING => "warn ",
                _ => "ERROR",
            };
            text.push_str(&format!("  {mark}  {}\n", line.what));
            if !line.remedy.is_empty() {
                text.push_str(&format!("         → {}\n", line.remedy));
            }
        }
        let count = |level| self.0.iter().filter(|line| line.level == level).count();
        text.push_str(&format!("\n{} errors, {} warnings\n", count(ERROR), count(WARNING)));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_sections_and_remedies_and_programs_read_json() {
        let mut findings = Findings::default();
        findings.good(Section::Database, "Postgres 17.2");
        findings.warning(Section::Database, "it is slow", "look at it");
        assert!(findings.is_healthy());
        findings.error(Section::Queue, "a job is stuck", "retry it");
        assert!(!findings.is_healthy());
        let text = findings.text();
        assert_eq!(
            text,
            "Control database\n  ok     Postgres 17.2\n  warn   it is slow\n         → look at it\n\nJobs\n  ERROR  a job \
             is stuck\n         → retry it\n\n1 errors, 1 warnings\n"
        );
        let json: serde_json::Value = serde_json::from_str(&findings.json().unwrap()).unwrap();
        assert_eq!(json["healthy"], false);
        assert_eq!(json["findings"][2]["section"], "queue");
        assert_eq!(json["findings"][0].get("remedy"), None);
    }
}

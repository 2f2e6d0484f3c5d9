//! `If-Match`: a change that is made only if the thing is still as its reader saw it (RFC 9110 §13.1.1).
//!
//! Guarantee: the version is compared with the very head that the change is appended on, so nothing can slip in
//! between the comparison and the change.

use super::{code::Code, problem::Problem};

/// Most tags in one header; more is no sensible question.
const TAGS_MAX: usize = 16;

/// The versions that a client accepts; `None`: any.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// No condition.
    pub(crate) const ANY: Self = Self(None);

    /// Reads the header. `*` is met by whatever exists; weak tags are never met (RFC 9110 §13.1.1).
    pub(crate) fn new(header: Option<String>) -> Result<Self, Problem> {
        let Some(header) = header else { return Ok(Self::ANY) };
        if header.trim() == "*" {
            return Ok(Self::ANY);
        }
        let tags: Vec<&str> = header.split(',').map(str::trim).collect();
        if tags.len() > TAGS_MAX || !tags.iter().all(|tag| is_tag(tag)) {
            let rule =
                format!("send `*` or up to {TAGS_MAX} entity tags as `ETag` gave them, such as \"12\"");
            return Err(Problem::new(Code::InvalidRequest, "the If-Match header is not usable")
                .about("If-Match", rule));
        }
        Ok(Self(Some(tags.into_iter().map(str::to_owned).collect())))
    }

    /// Refuses unless `version` is among the accepted ones.
    pub(crate) fn check(&self, version: u64) -> Result<(), Problem> {
        let tag = format!("\"{version}\"");
        match &self.0 {
            Some(accepted) if !accepted.contains(&tag) => Err(Problem::new(
                Code::PreconditionFailed,
                format!("its version is {tag} by now; read it again and decide anew"),
            )),
            _ => Ok(()),
        }
    }
}

fn is_tag(tag: &str) -> bool {
    let inner =
        tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'))
}

#[cfg(test)]
mod tests {
    use super::IfMatch;

    fn met(header: &str, version: u64) -> Option<bool> {
        IfMatch::new(Some(header.to_owned())).ok().map(|condition| condition.check(version).is_ok())
    }

    #[test]
    fn only_a_strong_tag_of_the_version_or_a_star_is_met() {
        assert!(IfMatch::new(None).unwrap().check(3).is_ok());
        for (header, expected) in [
            ("*", Some(true)),
            ("\"3\"", Some(true)),
            ("\"2\", \"3\"", Some(true)),
            ("\"2\"", Some(false)),
            ("W/\"3\"", Some(false)),
            ("3", None),
            ("", None),
            ("\"3", None),
            ("\"", None),
            (&"\"3\",".repeat(17), None),
        ] {
            assert_eq!(met(header, 3), expected, "{header}");
        }
    }
}

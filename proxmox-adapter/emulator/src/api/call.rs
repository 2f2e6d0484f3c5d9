//! One call, past the transport.

use crate::faults::Actions;
use crate::http::{ParamValue, Params};
use crate::model::{Principal, Vmid};

/// Methods that the API knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

/// A routed call.
#[derive(Debug)]
pub(crate) struct Call {
    /// Path parameters, decoded.
    pub(crate) vars: Vec<(&'static str, String)>,
    pub(crate) params: Params,
    pub(crate) who: Principal,
    pub(crate) actions: Actions,
}

impl Call {
    pub(crate) fn var(&self, name: &str) -> Option<&str> {
        self.vars.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// The node in the path; empty where the route has none.
    pub(crate) fn node(&self) -> &str {
        self.var("node").unwrap_or_default()
    }

    /// The container in the path; 0, which no container has, where the route has none or before validation.
    pub(crate) fn vmid(&self) -> Vmid {
        self.var("vmid").and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.params.text(name)
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.params.text(name).map(|text| text == "1")
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.params.text(name).and_then(|text| text.parse().ok())
    }

    pub(crate) fn given(&self, name: &str) -> Option<&ParamValue> {
        self.params.get(name)
    }

    /// Fills `{name}` in a template from path and parameters.
    pub(crate) fn fill(&self, template: &str) -> String {
        let segment = |segment: &str| match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) => self.var(name).or_else(|| self.text(name)).unwrap_or_default().to_owned(),
            None => segment.to_owned(),
        };
        template.split('/').map(segment).collect::<Vec<_>>().join("/")
    }
}

/// Undoes `%XX`; anything else stays as it is.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex =
            if *first == b'%' { tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok()) } else { None };
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_percent_and_leaves_the_rest() {
        assert_eq!(percent_decode("UPID%3Apve1%21+x%"), "UPID:pve1!+x%");
    }
}

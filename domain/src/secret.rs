//! Text that must never be printed.
//!
//! Guarantees: neither `Debug` nor `Display` nor serde reveals the content; memory is wiped on drop. The only
//! way to the content is [`Secret::expose`], which is easy to search for in a review.

use std::fmt;
use zeroize::Zeroizing;

/// A password, token or key in the clear.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes ownership of clear text.
    pub fn new(clear: impl Into<String>) -> Self {
        Self(Zeroizing::new(clear.into()))
    }

    /// The clear text. Each call site must be one that hands it to a cipher, a hash, or its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_prints_nothing_of_it() {
        assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
    }
}

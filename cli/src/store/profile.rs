//! Profiles: servers, sessions and selections apart from each other.

use super::{ConfigDir, StoreError};
use std::{fmt, fs, io::ErrorKind, str::FromStr};

/// Longest name.
const LONGEST: usize = 32;
/// The directory of all profiles but the default one.
pub(super) const HOME: &str = "profiles";

/// The name of a profile; it becomes a directory's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile(String);

/// Why a text is no profile's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write up to 32 lower-case letters, digits, hyphens and underscores, as in work")]
pub struct ProfileError;

impl Profile {
    /// The one that is used without being asked for.
    pub const DEFAULT: &str = "default";

    /// Whether it is the one that is used without being asked for.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0 == Self::DEFAULT
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// The default one and all that were ever signed in with, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn all(base: &ConfigDir) -> Result<Vec<Self>, StoreError> {
        let path = base.join(HOME);
        let entries = match fs::read_dir(&path) {
            Ok(entries) => entries.flatten().collect(),
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            Err(cause) => return Err(StoreError::File { action: "read", path, cause }),
        };
        let mut names: Vec<String> =
            entries.iter().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        let others =
            names.iter().filter_map(|name| name.parse().ok()).filter(|profile: &Self| !profile.is_default());
        Ok(std::iter::once(Self::default()).chain(others).collect())
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self(Self::DEFAULT.to_owned())
    }
}

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(text: &str) -> Result<Self, ProfileError> {
        let good =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        match text {
            // A variable that is set to nothing means nothing.
            "" => Ok(Self::default()),
            text if text.len() <= LONGEST && text.bytes().all(good) && !text.starts_with('-') => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(ProfileError),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

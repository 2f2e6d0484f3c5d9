//! From what a person types to the one thing that is meant.
//!
//! Guarantee: never a guess. A name that fits several things is refused with all of them listed.

use crate::api::{ApiKey, Instance, Invitation, Member, Org, Project, Webhook};

/// Something with an id and a name.
pub trait Named {
    /// Its id.
    fn id(&self) -> &str;
    /// Its name; unique only for projects in an org and instances in a project.
    fn name(&self) -> &str;
}

macro_rules! named {
    ($($ty:ty),*) => {
        $(impl Named for $ty {
            fn id(&self) -> &str {
                &self.id
            }
            fn name(&self) -> &str {
                &self.name
            }
        })*
    };
}

named!(ApiKey, Instance, Org, Project);

impl Named for Member {
    fn id(&self) -> &str {
        &self.user_id
    }
    fn name(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.user_id)
    }
}

impl Named for Webhook {
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        &self.url
    }
}

impl Named for Invitation {
    fn id(&self) -> &str {
        &self.id
    }
    fn name(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.id)
    }
}

/// Why a text means nothing, or too much.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// Nothing has this name or id.
    #[error("there is no {what} {wanted:?} {place}{}", listing("; there is: ", .known))]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// What was typed.
        wanted: String,
        /// Where it was looked for.
        place: String,
        /// The names that exist there.
        known: Vec<String>,
    },
    /// An id of another kind of thing.
    #[error("{wanted} is the id of {}, not of {}", with_article(.found), with_article(.what))]
    WrongKind {
        /// What was typed.
        wanted: String,
        /// What kind of thing it is.
        found: &'static str,
        /// What kind was wanted.
        what: &'static str,
        /// The command for that kind.
        command: String,
    },
    /// Several things have this name.
    #[error("{wanted:?} is the name of several {what}s{}", listing(": ", .matches))]
    Ambiguous {
        /// What kind of thing.
        what: &'static str,
        /// What was typed.
        wanted: String,
        /// Id and place of each.
        matches: Vec<String>,
    },
    /// Several could be meant, and none is selected.
    #[error("which {what}? There are several{}", listing(": ", .known))]
    Unselected {
        /// What kind of thing.
        what: &'static str,
        /// The flag that says which.
        flag: &'static str,
        /// The names that exist, with ids where names are not enough.
        known: Vec<String>,
        /// Something that surely means the first of them.
        first: String,
    },
    /// There is none at all.
    #[error("there is no {what} yet")]
    Missing {
        /// What kind of thing.
        what: &'static str,
        /// The command that makes one.
        create: &'static str,
    },
    /// An instance on which nothing is being done.
    #[error("nothing is being done to {name}")]
    NoJob {
        /// The instance.
        name: String,
    },
    /// An instance that cannot be connected to.
    #[error("{name} is {lifecycle}, so there is nothing to connect to")]
    NotRunning {
        /// The instance.
        name: String,
        /// What it is instead of running.
        lifecycle: String,
    },
}

impl ResolveError {
    /// None of these is chosen.
    #[must_use]
    pub fn unselected<T: Named>(what: &'static str, flag: &'static str, items: &[T]) -> Self {
        let is_shared = |item: &T| items.iter().filter(|other| other.name() == item.name()).count() > 1;
        let known = items.iter().map(|item| match is_shared(item) {
            true => format!("{} ({})", item.name(), item.id()),
            false => item.name().to_owned(),
        });
        let is_clear = |item: &T| !is_shared(item) && !item.name().starts_with('-');
        let first = items.first().map(|item| if is_clear(item) { item.name() } else { item.id() });
        let first = first.unwrap_or_default().to_owned();
        Self::Unselected { what, flag, known: known.collect(), first }
    }

    /// An id that names another kind of thing than `what`, if it is one.
    #[must_use]
    pub fn wrong_kind(what: &'static str, wanted: &str) -> Option<Self> {
        const KINDS: [(&str, &str, &str); 5] = [
            ("org_", "org", "dbx org info"),
            ("prj_", "project", "dbx project info"),
            ("ins_", "instance", "dbx instance info"),
            ("job_", "job", "dbx job info"),
            ("whk_", "webhook", "dbx webhook info"),
        ];
        let (_, found, command) =
            KINDS.into_iter().find(|(prefix, found, _)| *found != what && is_id(prefix, wanted))?;
        let command = format!("{command} {wanted}");
        Some(Self::WrongKind { wanted: wanted.to_owned(), found, what, command })
    }

    /// A stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } | Self::Missing { .. } => "not_found",
            Self::WrongKind { .. } => "wrong_kind",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Unselected { .. } => "not_selected",
            Self::NoJob { .. } => "no_job",
            Self::NotRunning { .. } => "wrong_state",
        }
    }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'A']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// Longest list in an error.
const LISTED: usize = 10;

fn listing(lead: &str, names: &[String]) -> String {
    match names.len() {
        0 => String::new(),
        n if n <= LISTED => format!("{lead}{}", names.join(", ")),
        n => format!("{lead}{} and {} more", names[..LISTED].join(", "), n - LISTED),
    }
}

/// Whether a text has the form of an id with this prefix. Such a text goes into a path as it is.
#[must_use]
pub fn is_id(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (20..=40).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// The one item whose id or name is `wanted`. `place` ends the sentence "there is no project x …"; `whereabouts` tells
/// items of the same name apart.
///
/// # Errors
/// [`ResolveError::Unknown`], [`ResolveError::Ambiguous`].
pub fn pick<'a, T: Named>(
    what: &'static str,
    wanted: &str,
    items: &'a [T],
    place: &str,
    whereabouts: impl Fn(&T) -> String,
) -> Result<&'a T, ResolveError> {
    if let Some(item) = items.iter().find(|item| item.id() == wanted) {
        return Ok(item);
    }
    let matches: Vec<&T> = items.iter().filter(|item| item.name() == wanted).collect();
    match matches.as_slice() {
        [] => Err(ResolveError::wrong_kind(what, wanted).unwrap_or_else(|| ResolveError::Unknown {
            what,
            wanted: wanted.to_owned(),
            place: place.to_owned(),
            known: items.iter().map(|item| item.name().to_owned()).collect(),
        })),
        [one] => Ok(one),
        several => Err(ResolveError::Ambiguous {
            what,
            wanted: wanted.to_owned(),
            matches: several.iter().map(|item| format!("{} {}", item.id(), whereabouts(item))).collect(),
        }),
    }
}

//! Mentions: the ids of people and API keys inside texts that are kept, and their names when the texts are shown.
//!
//! A mention is an id between two [`MARK`]s. No name that somebody chose can contain the mark, a control character, so
//! nobody can make a text show somebody else's name.

use super::isolate::isolated;
use dbx_domain::ids::{AccountId, ApiKeyId};
use dbx_sql::{
    Actor, Database, SqlError,
    source::{api_keys, people},
};
use std::{borrow::Cow, collections::BTreeMap};

/// Stands on both sides of a mentioned id.
pub const MARK: char = '\u{1}';
/// How the product itself is called in sentences.
const PRODUCT: &str = "db.xyz";

/// An account, mentioned.
pub fn account(id: AccountId) -> String {
    format!("{MARK}{id}{MARK}")
}

/// Whoever acted, mentioned; a key speaks for its person.
pub fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Account(account) => format!("{MARK}{account}{MARK}"),
        Actor::ApiKey { key, .. } => format!("{MARK}{key}{MARK}"),
        Actor::System(_) => PRODUCT.to_owned(),
    }
}

/// Whoever acted, by ids: for texts that name nobody.
pub fn identified(actor: &Actor) -> String {
    match actor {
        Actor::Account(account) => account.to_string(),
        Actor::ApiKey { account, key } => format!("{key} of {account}"),
        // A worker's name holds the machine's boot; the part is what matters.
        Actor::System(name) => name.split('/').next().unwrap_or_default().to_owned(),
    }
}

/// Names of people and API keys at one moment.
#[derive(Clone, Default)]
pub struct Names(BTreeMap<String, String>);

/// Personal data stays out of logs.
impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Names({})", self.0.len())
    }
}

impl Names {
    /// Looks up the names of all that `texts` mention and of `ids`; those of erased people and keys are absent.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn find<'a>(
        db: &Database,
        texts: impl IntoIterator<Item = &'a str>,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, SqlError> {
        let mentioned = texts.into_iter().flat_map(|text| text.split(MARK).skip(1).step_by(2));
        let mut wanted: Vec<&str> = mentioned.chain(ids).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let accounts: Vec<AccountId> = wanted.iter().filter_map(|id| id.parse().ok()).collect();
        let keys: Vec<ApiKeyId> = wanted.iter().filter_map(|id| id.parse().ok()).collect();
        let mut names = BTreeMap::new();
        if !accounts.is_empty() {
            let people = people::find_many(db, &accounts).await?;
            names.extend(people.into_iter().map(|person| (person.account.to_string(), person.display_name)));
        }
        if !keys.is_empty() {
            let notes = api_keys::notes(db, &keys).await?;
            names.extend(notes.into_iter().map(|note| (note.id.to_string(), note.name)));
        }
        Ok(Self(names))
    }

    /// The name behind an id, if it is known.
    pub fn of(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(String::as_str)
    }

    /// A text with names in place of its mentions.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        for (index, part) in text.split(MARK).enumerate() {
            match index % 2 {
                0 => filled.push_str(part),
                _ => {
                    let shown = self.shown(part, filled.is_empty());
                    filled.push_str(&shown);
                }
            }
        }
        filled
    }

    fn shown(&self, id: &str, begins: bool) -> Cow<'_, str> {
        let is_key = id.starts_with(ApiKeyId::PREFIX);
        match self.0.get(id) {
            Some(name) if is_key => Cow::Owned(format!("API key {}", isolated(name))),
            Some(name) => isolated(name),
            None if is_key => Cow::Borrowed(if begins { "A revoked API key" } else { "a revoked API key" }),
            None => Cow::Borrowed(if begins { "A deleted account" } else { "a deleted account" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn mentions_become_names_and_the_erased_nobody() {
        let (ada, bob) = (AccountId::from_uuid(Uuid::from_u128(1)), AccountId::from_uuid(Uuid::from_u128(2)));
        let names = Names(BTreeMap::from([(ada.to_string(), "Ada".to_owned())]));
        let text = format!("{} removed {}", account(ada), account(bob));
        assert_eq!(names.fill(&text), "Ada removed a deleted account");
        assert_eq!(names.fill("nobody"), "nobody");
    }

    #[test]
    fn a_name_leaves_the_words_around_it_alone() {
        let ada = AccountId::from_uuid(Uuid::from_u128(1));
        let called = |name: &str| Names(BTreeMap::from([(ada.to_string(), name.to_owned())]));
        let text = format!("{} ordered 2", account(ada));
        assert_eq!(called("\u{202e}adA").fill(&text), "adA ordered 2");
        assert_eq!(called("עדה").fill(&text), "\u{2068}עדה\u{2069} ordered 2");
    }

    #[test]
    fn a_key_is_called_a_key() {
        let (account, key) =
            (AccountId::from_uuid(Uuid::from_u128(1)), ApiKeyId::from_uuid(Uuid::from_u128(2)));
        let names = Names(BTreeMap::from([(key.to_string(), "ci".to_owned())]));
        let text = format!("{} ordered", actor(&Actor::ApiKey { account, key }));
        assert_eq!(names.fill(&text), "API key ci ordered");
        assert_eq!(Names::default().fill(&text), "A revoked API key ordered");
        assert_eq!(actor(&Actor::system("engine")), "db.xyz");
    }
}

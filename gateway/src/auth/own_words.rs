//! Passwords made of what everybody knows: the person's address and name, and the name of this product.
//!
//! Guarantee: how the words are written, joined, repeated and followed by digits makes no difference; a password that holds
//! such a word beside enough of its own is none of these.

/// What guessers try for this product. Folded; the longer before what it contains.
const PRODUCT: [&str; 4] = ["postgresql", "postgres", "database", "dbxyz"];
/// Shorter words occur in others by chance.
const WORD_MIN: usize = 3;
/// Letters that must be left without the words; digits do not count, since everybody appends some.
const LEFT_MIN: usize = 4;

/// Whether too little is left of `password` without the words of `own` and of the product.
pub(super) fn is_made_of<'a>(password: &str, own: impl IntoIterator<Item = &'a str>) -> bool {
    let whole = folded(password);
    let mut words: Vec<String> = own.into_iter().flat_map(words_of).collect();
    words.extend(PRODUCT.map(str::to_owned));
    words.retain(|word| word.chars().count() >= WORD_MIN);
    // A word inside another must not break it up.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words.iter().fold(whole.clone(), |rest, word| rest.replace(word.as_str(), ""));
    rest != whole && rest.chars().filter(|letter| letter.is_alphabetic()).count() < LEFT_MIN
}

/// A text as a whole, up to its `@`, and its parts.
fn words_of(text: &str) -> Vec<String> {
    let local = text.split('@').next().unwrap_or_default();
    let parts = local.split(|letter: char| !letter.is_alphanumeric());
    [text, local].into_iter().chain(parts).map(folded).collect()
}

/// Letters and digits alone, in lower case.
fn folded(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

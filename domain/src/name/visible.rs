//! Which characters of a name a reader can see.
//!
//! A name stands in sentences beside the names of others. What it holds must not change how its surroundings are drawn,
//! and something of it must be seen.

/// Whether a character is of the general category Cf (Unicode 16): it shows nothing and steers how others are drawn, as
/// U+202E does, which turns the rest of a line around. The two joiners are left out: Persian and emoji need them.
pub const fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
    )
}

/// Whether something is seen of a character that stands alone: neither space nor control, nor one that is drawn as
/// nothing, such as a joiner, a filler or a variation selector.
pub fn is_visible(character: char) -> bool {
    let is_blank = matches!(
        character,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200c}'..='\u{200d}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    );
    !(is_blank || is_format(character) || character.is_whitespace() || character.is_control())
}

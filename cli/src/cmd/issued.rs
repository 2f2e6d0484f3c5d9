//! Secrets that an answer shows once: a key's token, an invitation's link, a webhook's secret.
//!
//! Guarantee: whoever does not get to see one hears which thing it belongs to, and how to be rid of that.

use crate::{context::Context, failure::Failure, output::Style};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use serde_json::Value;
use std::{
    fs::{self, File},
    io::stdout,
    os::{fd::AsFd as _, unix::fs::MetadataExt as _},
};

/// A secret in an answer.
pub(super) struct Issued<'a> {
    /// What it is, such as a token.
    pub(super) what: &'static str,
    /// Null if the answer repeats an earlier one: only that one had it.
    pub(super) secret: Option<&'a str>,
    /// The thing that it belongs to.
    pub(super) id: &'a str,
    /// What to do if nobody has seen it.
    pub(super) otherwise: String,
}

impl Issued<'_> {
    /// Writes the answer; `text` makes the secret readable for people.
    pub(super) fn show(
        self,
        context: &Context,
        body: &Value,
        text: impl FnOnce(&str, Style) -> String,
    ) -> Result<(), Failure> {
        let Some(secret) = self.secret else { return Err(self.lost(None)) };
        match context.output.show_essence(body, secret, |style| text(secret, style)) {
            // `ReaderGone` is no quiet end here: the thing is there, and its secret went nowhere.
            Err(cause @ (Failure::Stream(..) | Failure::ReaderGone)) => Err(self.lost(Some(cause))),
            shown => shown,
        }
    }

    fn lost(self, cause: Option<Failure>) -> Failure {
        let (id, cause) = (self.id.to_owned(), cause.map(Box::new));
        Failure::SecretLost { what: self.what, id, next: self.otherwise, cause }
    }
}

/// Refuses what would show a secret to nobody, before it is ordered.
pub(super) fn needs_stdout(what: &str) -> Result<(), Failure> {
    match is_closed() {
        true => Err(Failure::Usage(
            format!("stdout is closed, and the {what} is shown there, once; nothing is done"),
            "let stdout be a file or a pipe; `> /dev/null` if nobody is to see it",
        )),
        false => Ok(()),
    }
}

/// Whether the program was begun without a stdout. Rust's runtime has put `/dev/null` there before anything else runs,
/// open for reading too (library/std/src/sys/pal/unix, `sanitize_standard_fds`); a shell's `> /dev/null` is not.
fn is_closed() -> bool {
    let flags = fcntl(stdout(), FcntlArg::F_GETFL).map(OFlag::from_bits_truncate);
    if !flags.is_ok_and(|flags| flags & OFlag::O_ACCMODE == OFlag::O_RDWR) {
        return false;
    }
    let device = stdout().as_fd().try_clone_to_owned().and_then(|copy| File::from(copy).metadata());
    match (device, fs::metadata("/dev/null")) {
        (Ok(ours), Ok(null)) => (ours.dev(), ours.ino()) == (null.dev(), null.ino()),
        _ => false,
    }
}

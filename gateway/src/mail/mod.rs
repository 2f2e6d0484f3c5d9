//! Mail: invitations are brought to those who are invited, if the operator configured a mail server (SMTP, RFC 5321).
//!
//! Guarantees: an invitation never depends on it: it stands once it is committed, its link is shown to whoever issued it,
//! and a mail that fails is tried again until the link ends, visibly. Links in mails lead to the configured address and
//! never to a host that some request named. Tokens are in mails alone: sealed while they wait, in no log and no event. A mail
//! can come twice (a server that dies between sending and noting it), under the same Message-ID.

mod deliver;
mod post;

pub(crate) use deliver::invitation_link;
pub use deliver::{Mailer, deliver_due};
pub use post::{Login, MailError, MailSettings, Post, Transport};

//! The way to the mail server.

use dbx_domain::{Secret, ids::InvitationId};
use lettre::{
    Address, Message, SmtpTransport, Transport as _,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use std::time::Duration;

/// Longest wait for each answer of the mail server.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most characters of a failure that are kept.
const REASON_MAX: usize = 200;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TLS from the first byte (RFC 8314), usually port 465.
    Tls,
    /// TLS after `STARTTLS` (RFC 3207), usually port 587; a server that does not offer it is sent nothing.
    StartTls,
    /// None; for a relay on the same machine.
    Plain,
}

/// Who signs in at the mail server.
#[derive(Clone, Debug)]
pub struct Login {
    /// The name.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Where mail is handed in, and what it says of us.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Name or address of the mail server; its certificate must name it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub transport: Transport,
    /// A certificate authority of one's own, PEM; those that the system trusts are trusted as well.
    pub ca_pem: Option<String>,
    /// Who signs in; nobody if absent.
    pub login: Option<Login>,
    /// The sender, such as `db.xyz <noreply@example.com>`.
    pub from: String,
}

/// Settings that cannot work.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The sender is no address.
    #[error("`{0}` is no sender; write it as `db.xyz <noreply@example.com>`")]
    From(String),
    /// TLS cannot be set up.
    #[error("TLS to the mail server cannot be set up: {0}; check `ca_file`")]
    Tls(#[from] lettre::transport::smtp::Error),
}

/// Why a mail was not taken.
#[derive(Debug)]
pub(super) struct Refused {
    /// In words that may be shown to whoever invited.
    pub(super) reason: String,
    /// The server will never take it.
    pub(super) for_good: bool,
}

/// Hands mail in, on a thread that may block: mails are few.
#[derive(Clone, Debug)]
pub struct Post {
    transport: SmtpTransport,
    from: Mailbox,
}

/// A mail.
pub(super) struct Letter {
    pub(super) invitation: InvitationId,
    pub(super) to: String,
    pub(super) subject: String,
    pub(super) text: String,
}

impl Post {
    /// A way to the mail server; nothing is connected yet.
    ///
    /// # Errors
    /// [`MailError`].
    pub fn new(settings: MailSettings) -> Result<Self, MailError> {
        let MailSettings { host, port, transport, ca_pem, login, from } = settings;
        let tls = || {
            let mut tls = TlsParameters::builder(host.clone());
            if let Some(pem) = &ca_pem {
                tls = tls.add_root_certificate(Certificate::from_pem(pem.as_bytes())?);
            }
            tls.build_rustls()
        };
        let tls = match transport {
            Transport::Tls => Tls::Wrapper(tls()?),
            Transport::StartTls => Tls::Required(tls()?),
            Transport::Plain => Tls::None,
        };
        let mut transport =
            SmtpTransport::builder_dangerous(&host).port(port).tls(tls).timeout(Some(PATIENCE));
        if let Some(Login { user, password }) = login {
            transport = transport.credentials(Credentials::new(user, password.expose().to_owned()));
        }
        let from = from.parse().map_err(|_| MailError::From(from))?;
        Ok(Self { transport: transport.build(), from })
    }

    pub(super) async fn send(&self, letter: Letter) -> Result<(), Refused> {
        let (message, transport) = (self.message(letter)?, self.transport.clone());
        let sending = tokio::task::spawn_blocking(move || transport.send(&message));
        let outcome = sending
            .await
            .map_err(|error| Refused { reason: shortened(&error.to_string()), for_good: false })?;
        outcome.map(drop).map_err(|error| Refused {
            for_good: error.is_permanent(),
            // The server's own words are in the error's source.
            reason: shortened(&match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            }),
        })
    }

    fn message(&self, Letter { invitation, to, subject, text }: Letter) -> Result<Message, Refused> {
        let for_good =
            |error: &dyn std::fmt::Display| Refused { reason: shortened(&error.to_string()), for_good: true };
        let to: Address = to.parse().map_err(|error| for_good(&error))?;
        Message::builder()
            .message_id(Some(format!("<{invitation}@{}>", self.from.email.domain())))
            .from(self.from.clone())
            .to(to.into())
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .map_err(|error| for_good(&error))
    }
}

fn shortened(reason: &str) -> String {
    let plain = reason.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    plain.take(REASON_MAX).collect()
}

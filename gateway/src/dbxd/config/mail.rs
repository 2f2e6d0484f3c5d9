//! How the server is known outside, and how it sends mail, if it does.

use super::Config;
use crate::Failure;
use dbx_domain::Secret;
use dbx_gateway::{
    Outside,
    mail::{Login, MailSettings, Post, Transport},
};
use serde::Deserialize;
use std::{fs, net::IpAddr, path::PathBuf};

/// The mail server to hand invitations to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSection {
    /// Name of the mail server; its certificate must name it.
    pub(crate) host: String,
    /// Its port; 465, 587 or 25 by `tls` if absent.
    #[serde(default)]
    pub(crate) port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub(crate) tls: TlsMode,
    /// A certificate authority of one's own, PEM.
    #[serde(default)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Who signs in there.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Their password; readable by the server's user alone.
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    /// The sender, such as `db.xyz <noreply@example.com>`.
    pub(crate) from: String,
}

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TlsMode {
    /// From the first byte.
    #[default]
    Tls,
    /// After STARTTLS, and not without.
    StartTls,
    /// Not at all; for a relay on this machine.
    None,
}

impl Config {
    /// Links hold tokens, so where they lead must not be up to whoever sends a request.
    pub(super) fn address_finding(&self) -> Option<String> {
        let missing =
            "set `public_url` to where people reach this server, such as https://db.example.com: links";
        match &self.public_url {
            Some(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
                Some(format!("`public_url` is `{url}`; write it as https://db.example.com"))
            }
            Some(_) => None,
            None if self.behind_proxy => {
                Some(format!("{missing} would lead to any host that a request names"))
            }
            None if self.mail.is_some() => Some(format!("{missing} in mails must lead there")),
            None => None,
        }
    }

    /// How the server is known outside, and how it reaches people.
    ///
    /// # Errors
    /// A file cannot be read, or the mail settings cannot work.
    pub(crate) fn outside(&self) -> Result<Outside, Failure> {
        let post = self.mail.as_ref().map(MailSection::post).transpose()?;
        Ok(Outside { public_url: self.public_url.clone(), post })
    }
}

impl MailSection {
    pub(super) fn findings(&self) -> Vec<String> {
        let here = self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let findings = [
            (
                self.tls == TlsMode::None && !here,
                "`mail.tls` is none, so invitations would cross the network in the clear; use tls or starttls",
            ),
            (
                self.user.is_some() != self.password_file.is_some(),
                "`mail.user` and `mail.password_file` belong together; set both or neither",
            ),
        ];
        let mut findings: Vec<String> =
            findings.into_iter().filter(|(found, _)| *found).map(|(_, text)| text.to_owned()).collect();
        findings.extend(self.password_file.as_deref().and_then(super::exposure));
        findings
    }

    /// The way to the mail server.
    ///
    /// # Errors
    /// A file cannot be read, or the settings cannot work.
    pub(crate) fn post(&self) -> Result<Post, Failure> {
        let password = self.password_file.as_deref().map(super::read).transpose()?;
        let login = |(user, password): (&String, Secret)| Login { user: user.clone(), password };
        let settings = MailSettings {
            host: self.host.clone(),
            port: self.port.unwrap_or(match self.tls {
                TlsMode::Tls => 465,
                TlsMode::StartTls => 587,
                TlsMode::None => 25,
            }),
            transport: match self.tls {
                TlsMode::Tls => Transport::Tls,
                TlsMode::StartTls => Transport::StartTls,
                TlsMode::None => Transport::Plain,
            },
            ca_pem: self.ca_file.as_ref().map(fs::read_to_string).transpose()?,
            login: self.user.as_ref().zip(password).map(login),
            from: self.from.clone(),
        };
        Ok(Post::new(settings)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_send_links_in_the_clear_or_half_signed_in_is_refused() {
        let section = MailSection {
            host: "mail.example.com".to_owned(),
            port: None,
            tls: TlsMode::None,
            ca_file: None,
            user: Some("dbxyz".to_owned()),
            password_file: None,
            from: "noreply@example.com".to_owned(),
        };
        assert_eq!(section.findings().len(), 2, "{:?}", section.findings());
        let fine = MailSection { host: "127.0.0.1".to_owned(), user: None, ..section };
        assert_eq!(fine.findings(), Vec::<String>::new());
        fine.post().unwrap();
        assert!(MailSection { from: "nobody".to_owned(), ..fine }.post().is_err());
    }
}

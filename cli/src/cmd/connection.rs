//! How to connect.

use super::creds;
use crate::{
    api::Connection, args::ConnectionArgs, client::Answer, context::Context, failure::Failure,
    output::Record, store,
};
use serde_json::Value;
use std::{fmt::Write as _, os::unix::ffi::OsStrExt as _, path::Path};

pub(super) fn show(context: &Context, args: &ConnectionArgs) -> Result<(), Failure> {
    let instance = context.instance(&args.one)?.value;
    let found = find(context, &instance.id)?;
    let mode = ssl_mode(&found);
    let Answer { value: mut connection, mut body } = found;
    let certificate = args.sslrootcert.as_deref();
    let certificate = certificate.map(|path| store::export(path, &connection.certificate_pem)).transpose()?;
    let complete = |uri: &str| match &certificate {
        Some(path) => verifying(uri, &mode, path),
        None => uri.to_owned(),
    };
    if args.reveal {
        let Answer { value: revealed, mut body } = creds::reveal(context, &instance.id)?;
        let uri = complete(&revealed.uri);
        set_uri(&mut body, &uri, certificate.is_some());
        return context.output.show_essence(&body, &uri, |_| uri.clone());
    }
    let uri = complete(&connection.uri);
    set_uri(&mut body, &uri, certificate.is_some());
    connection.uri = uri;
    context.output.show_essence(&body, &connection.uri, |style| record(&connection, &mode).render(style))?;
    let name = &instance.name;
    context.note(&format!("the URI has no password; with it: dbx instance connection {name} --reveal"));
    Ok(())
}

/// Everything but the password.
pub(super) fn find(context: &Context, instance: &str) -> Result<Answer<Connection>, Failure> {
    context.client.get(&format!("/instances/{instance}/connection"), &[])
}

/// The check that clients are to make, as the server has it: a newer one may know one that this `dbx` does not.
pub(super) fn ssl_mode(connection: &Answer<Connection>) -> String {
    let word = connection.body.get("sslMode").and_then(Value::as_str);
    word.map_or_else(|| connection.value.ssl_mode.to_string(), str::to_owned)
}

fn record(connection: &Connection, mode: &str) -> Record {
    Record::new()
        .with("host", &connection.host)
        .with("port", connection.port.to_string())
        .with("database", &connection.database)
        .with("user", &connection.user)
        .with("tls", format!("{mode}, with the certificate that --sslrootcert FILE writes"))
        .with("fingerprint", &connection.fingerprint)
        .with("uri", &connection.uri)
}

/// Once the certificate is in a file, the URI that names it is the only one that is good.
fn set_uri(body: &mut Value, uri: &str, is_verifying: bool) {
    let names = if is_verifying { &["uri", "verifyingUri"][..] } else { &["uri"][..] };
    for name in names {
        if let Some(member) = body.get_mut(name) {
            *member = uri.into();
        }
    }
}

/// The URI with a check of the certificate in the place of its own parameters.
fn verifying(uri: &str, mode: &str, certificate: &Path) -> String {
    let base = uri.split('?').next().unwrap_or(uri);
    format!("{base}?sslmode={mode}&sslrootcert={}", escaped(certificate))
}

/// As libpq reads URIs: percent-encoded, and a plus is a plus.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                text.push(char::from(*byte))
            }
            other => {
                let _ = write!(text, "%{other:02X}");
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::verifying;
    use std::path::Path;

    #[test]
    fn a_verifying_uri_names_the_certificate_in_libpqs_spelling() {
        let uri = verifying(
            "postgresql://app:pw@127.0.0.2:5432/app?sslmode=require",
            "verify-full",
            Path::new("/tmp/a b+c&d.pem"),
        );
        assert_eq!(
            uri,
            "postgresql://app:pw@127.0.0.2:5432/app?sslmode=verify-full&sslrootcert=/tmp/a%20b%2Bc%26d.pem"
        );
    }
}

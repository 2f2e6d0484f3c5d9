//! Opens TLS connections for ureq with our own trust decision.
//!
//! Guarantee: whatever fails in here failed before a byte of the request was sent, and says so by the type
//! [`Unconnected`]; everything else may have reached the server. ureq's own TLS connector offers neither pinning by
//! fingerprint nor this distinction.

use rustls::{ClientConfig, ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;
use std::{
    fmt,
    io::{Read, Write},
    sync::Arc,
};
use ureq::{
    Error,
    unversioned::transport::{
        Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, TcpConnector, Transport,
        TransportAdapter,
    },
};

/// The server was not reached, or is not the one we trust; nothing was sent.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Unconnected {
    pub(crate) reason: String,
    /// It answered, but with a certificate that the pin does not cover.
    pub(crate) untrusted: bool,
}

impl Unconnected {
    fn because(error: &Error) -> Error {
        let untrusted = match error {
            Error::Rustls(rustls::Error::InvalidCertificate(_)) => true,
            // rustls wraps its errors into io::Error during the handshake.
            Error::Io(io) => io
                .get_ref()
                .and_then(|inner| inner.downcast_ref::<rustls::Error>())
                .is_some_and(|inner| matches!(inner, rustls::Error::InvalidCertificate(_))),
            _ => false,
        };
        Error::Other(Box::new(Self { reason: error.to_string(), untrusted }))
    }
}

/// TCP, then TLS.
pub(crate) struct PinnedConnector {
    tcp: TcpConnector,
    tls: Arc<ClientConfig>,
}

impl PinnedConnector {
    pub(crate) fn new(tls: Arc<ClientConfig>) -> Self {
        Self { tcp: TcpConnector::default(), tls }
    }

    fn open(&self, details: &ConnectionDetails<'_>) -> Result<PinnedTransport, Error> {
        let host = details.uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::BadUri(format!("`{host}` is no host name")))?;
        let transport = Connector::<()>::connect(&self.tcp, details, None)?.ok_or(Error::ConnectionFailed)?;
        let mut socket = TransportAdapter::new(transport.boxed(), details.current_time.clone());
        socket.set_timeout(details.timeout);
        let mut connection = ClientConnection::new(Arc::clone(&self.tls), name)?;
        connection.complete_io(&mut socket)?;
        let buffers =
            LazyBuffers::new(details.config.input_buffer_size(), details.config.output_buffer_size());
        Ok(PinnedTransport { buffers, stream: StreamOwned::new(connection, socket) })
    }
}

impl fmt::Debug for PinnedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinnedConnector")
    }
}

impl Connector for PinnedConnector {
    type Out = PinnedTransport;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _chained: Option<()>,
    ) -> Result<Option<PinnedTransport>, Error> {
        self.open(details).map(Some).map_err(|error| Unconnected::because(&error))
    }
}

/// An open connection.
pub(crate) struct PinnedTransport {
    buffers: LazyBuffers,
    stream: StreamOwned<ClientConnection, TransportAdapter>,
}

impl fmt::Debug for PinnedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinnedTransport")
    }
}

impl Transport for PinnedTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.stream.get_mut().set_timeout(timeout);
        self.stream.write_all(&self.buffers.output()[..amount])?;
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.stream.get_mut().set_timeout(timeout);
        let amount = self.stream.read(self.buffers.input_append_buf())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        self.stream.get_mut().get_mut().is_open()
    }

    fn is_tls(&self) -> bool {
        true
    }
}

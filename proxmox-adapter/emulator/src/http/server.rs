//! Accepts TLS connections and serves them, HTTP/1.1 only.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::service;
use crate::engine::Engine;

/// Proxmox ends a connection after this many requests.
const REQUESTS_PER_CONNECTION: u32 = 100;

/// A running listener.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Listens and serves until stopped.
    pub(crate) async fn start(
        listen: SocketAddr,
        tls: Arc<rustls::ServerConfig>,
        engine: Arc<Engine>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(tls), engine, stopped));
        Ok(Self { address, stop, accepting })
    }

    /// Stops accepting and lets running requests finish.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.accepting.await;
    }

    /// Ends everything at once, as SIGKILL would.
    pub(crate) async fn kill(self) {
        self.accepting.abort();
        let _ = self.accepting.await;
    }
}

async fn accept(
    listener: TcpListener,
    tls: TlsAcceptor,
    engine: Arc<Engine>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve(stream, tls.clone(), Arc::clone(&engine), stopped.clone()));
                }
                Err(error) => {
                    // Out of file descriptors, most likely: connections that end will free some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
    let keep_alive = engine.timing.keep_alive;
    let Ok(Ok(stream)) = tokio::time::timeout(keep_alive, tls.accept(stream)).await else { return };
    let served = AtomicU32::new(0);
    let handler = service_fn(|request| {
        let last = served.fetch_add(1, Ordering::Relaxed) + 1 >= REQUESTS_PER_CONNECTION;
        service::handle(Arc::clone(&engine), request, last)
    });
    let mut builder = http1::Builder::new();
    // The timer also runs while no request is on its way: an idle connection is closed.
    builder.timer(TokioTimer::new()).header_read_timeout(keep_alive);
    let connection = builder.serve_connection(TokioIo::new(stream), handler);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => {}
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

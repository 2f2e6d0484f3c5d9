//! Connections: accepting them, answering on them, and letting go of them.
//!
//! Guarantees: so many connections at once and no more, of which one address has a share, so that nobody uses up the files
//! that the process may open; a request's head comes within [`Rules::head`], and whoever does not read what they asked for
//! is let go after [`Rules::write`]; a server that stops finishes the requests under way.

mod gate;
mod patient;

use gate::{Gate, Pass};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use patient::Patient;
use poem::{
    Endpoint, Request, Response,
    endpoint::BoxEndpoint,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Pause after a connection could not be accepted, such as for want of files.
const RECOVERY: Duration = Duration::from_millis(100);

/// What is asked of connections.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Most connections at once.
    pub connections: usize,
    /// Most of them from one address (for IPv6 one /64); none: as many as there may be, for a server behind a proxy.
    pub per_address: Option<usize>,
    /// Longest wait for the whole head of a request, also of the next one on the same connection.
    pub head: Duration,
    /// Longest wait for a client to take anything of its answer.
    pub write: Duration,
    /// Longest wait for requests under way once the server stops.
    pub drain: Duration,
}

impl Rules {
    /// For a process that may open so many files: half of them are for clients, the rest for the database, the cluster
    /// and webhooks.
    pub fn within(files: u64) -> Self {
        Self {
            connections: usize::try_from(files / 2).unwrap_or(usize::MAX).clamp(16, 100_000),
            per_address: Some(256),
            head: Duration::from_secs(15),
            write: Duration::from_secs(60),
            drain: Duration::from_secs(20),
        }
    }
}

/// A connection that was let in.
struct Guest {
    stream: TcpStream,
    local: SocketAddr,
    remote: SocketAddr,
    _pass: Pass,
}

/// Serves on `listener` until `stop` turns true and the requests under way are finished.
///
/// # Errors
/// The listener has no address.
pub async fn serve(
    listener: TcpListener,
    endpoint: BoxEndpoint<'static, Response>,
    rules: Rules,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let (endpoint, gate) = (Arc::new(endpoint), Gate::new(rules.connections, rules.per_address));
    let local = listener.local_addr()?;
    let mut guests = JoinSet::new();
    loop {
        tokio::select! {
            () = told(&mut stop) => break,
            _ = guests.join_next(), if !guests.is_empty() => {}
            (stream, remote, pass) = accept(&listener, &gate) => {
                let guest = Guest { stream, local, remote, _pass: pass };
                guests.spawn(attend(guest, Arc::clone(&endpoint), rules, stop.clone()));
            }
        }
    }
    drop(listener);
    let finished = async { while guests.join_next().await.is_some() {} };
    if tokio::time::timeout(rules.drain, finished).await.is_err() {
        tracing::warn!(connections = guests.len(), "requests are cut off");
        guests.shutdown().await;
    }
    Ok(())
}

/// The next connection that may come in.
async fn accept(listener: &TcpListener, gate: &Gate) -> (TcpStream, SocketAddr, Pass) {
    loop {
        // Before it is accepted: whoever finds the house full waits outside, and takes no file.
        let place = gate.place().await;
        match listener.accept().await {
            Ok((stream, remote)) => match gate.pass(place, remote.ip()) {
                Some(pass) => return (stream, remote, pass),
                None => tracing::debug!("an address has as many connections as it may"),
            },
            Err(error) => {
                tracing::warn!(%error, "a connection cannot be accepted");
                tokio::time::sleep(RECOVERY).await;
            }
        }
    }
}

/// Returns when the server stops; also if nobody can tell any more.
async fn told(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

async fn attend(
    guest: Guest,
    endpoint: Arc<BoxEndpoint<'static, Response>>,
    rules: Rules,
    mut stop: watch::Receiver<bool>,
) {
    // Answers are written whole, so waiting for more to send only costs time.
    let _ = guest.stream.set_nodelay(true);
    let (local, remote) = (LocalAddr(guest.local.into()), RemoteAddr(guest.remote.into()));
    let service = service_fn(|request: hyper::Request<hyper::body::Incoming>| {
        let request = Request::from((request, local.clone(), remote.clone(), Scheme::HTTP));
        let endpoint = Arc::clone(&endpoint);
        async move { Ok::<_, Infallible>(hyper::Response::from(endpoint.get_response(request).await)) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(rules.head);
    let io = TokioIo::new(Patient::new(guest.stream, rules.write));
    let mut connection = std::pin::pin!(http.serve_connection(io, service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

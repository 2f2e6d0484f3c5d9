//! A TCP proxy between driver and Postgres that cuts the connection after an exact number of bytes.

use dbx_sql::{Database, DatabaseConfig, testing::TestDatabase};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// How many more bytes may pass in each direction.
#[derive(Clone)]
pub(crate) struct Proxy {
    to_server: Arc<AtomicU64>,
    to_client: Arc<AtomicU64>,
    sent: Arc<AtomicU64>,
    received: Arc<AtomicU64>,
}

impl Proxy {
    /// A pool whose connections pass through the proxy.
    pub(crate) async fn new(test: &TestDatabase) -> (Self, Database) {
        let config: tokio_postgres::Config = test.url().parse().unwrap();
        let host = match &config.get_hosts()[0] {
            tokio_postgres::config::Host::Tcp(host) => host.clone(),
            tokio_postgres::config::Host::Unix(_) => panic!("these tests need a server that listens on TCP"),
        };
        let upstream = (host, config.get_ports()[0]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let new = || Arc::new(AtomicU64::new(u64::MAX));
        let proxy =
            Self { to_server: new(), to_client: new(), sent: Arc::default(), received: Arc::default() };
        tokio::spawn(proxy.clone().accept(listener, upstream));
        let (user, name) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        let mut through = DatabaseConfig::new(format!("postgres://{user}@127.0.0.1:{port}/{name}"));
        through.max_connections = 1;
        (proxy, Database::connect(&through).await.unwrap())
    }

    /// Lets this many more bytes pass, then cuts.
    pub(crate) fn cut_after(&self, to_server: u64, to_client: u64) {
        self.to_server.store(to_server, Ordering::SeqCst);
        self.to_client.store(to_client, Ordering::SeqCst);
    }

    /// Lets everything pass again on new connections.
    pub(crate) fn mend(&self) {
        self.cut_after(u64::MAX, u64::MAX);
    }

    /// Bytes that passed so far: to the server, to the client.
    pub(crate) fn passed(&self) -> (u64, u64) {
        (self.sent.load(Ordering::SeqCst), self.received.load(Ordering::SeqCst))
    }

    async fn accept(self, listener: TcpListener, upstream: (String, u16)) {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(upstream.clone()).await.unwrap();
            tokio::spawn(self.clone().carry(client, server));
        }
    }

    async fn carry(self, client: TcpStream, server: TcpStream) {
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            () = pump(from_client, to_server, &self.to_server, &self.sent) => {}
            () = pump(from_server, to_client, &self.to_client, &self.received) => {}
        }
        // Both halves are dropped: both sides see the end.
    }
}

async fn pump(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    left: &AtomicU64,
    count: &AtomicU64,
) {
    let mut buffer = vec![0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let before = left.load(Ordering::SeqCst);
        let pass = usize::try_from(before).map_or(read, |allowed| allowed.min(read));
        if before != u64::MAX {
            left.fetch_sub(pass as u64, Ordering::SeqCst);
        }
        if to.write_all(&buffer[..pass]).await.is_err() || pass < read {
            return;
        }
        count.fetch_add(pass as u64, Ordering::SeqCst);
    }
}

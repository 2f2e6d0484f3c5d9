//! A network between a worker and a server that delivers late.

use crate::server::free_address;
use std::{net::Ipv4Addr, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{Notify, watch},
};

/// Passes one connection on to a server's port 5432, and can keep what is sent to it for a while.
pub(crate) struct Relay {
    /// Where to connect to instead of the server.
    pub(crate) address: Ipv4Addr,
    way: Arc<Way>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Prompt,
    Keeping,
    Delivering,
}

struct Way {
    state: watch::Sender<State>,
    kept: Notify,
    answered: Notify,
}

impl Relay {
    pub(crate) async fn to(server: Ipv4Addr) -> Self {
        let address = free_address();
        let listener = TcpListener::bind((address, 5432)).await.unwrap();
        let way = Arc::new(Way {
            state: watch::Sender::new(State::Prompt),
            kept: Notify::new(),
            answered: Notify::new(),
        });
        let there = Arc::clone(&way);
        tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = TcpStream::connect((server, 5432)).await.unwrap().into_split();
            let back = Arc::clone(&there);
            tokio::join!(there.forward(from_client, to_server), back.back(from_server, to_client));
        });
        Self { address, way }
    }

    /// From now on keeps what is sent to the server.
    pub(crate) fn keep(&self) {
        self.way.state.send_replace(State::Keeping);
    }

    /// Returns when it keeps something.
    pub(crate) async fn keeps(&self) {
        self.way.kept.notified().await;
    }

    /// Delivers what it kept, and returns when the server has answered.
    pub(crate) async fn deliver(&self) {
        self.way.state.send_replace(State::Delivering);
        self.way.answered.notified().await;
    }
}

impl Way {
    /// What was sent arrives, though its sender may have gone.
    async fn forward(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let (mut state, mut buffer) = (self.state.subscribe(), vec![0; 65_536]);
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let late = *state.borrow() == State::Keeping;
            if late {
                self.kept.notify_one();
                state.wait_for(|state| *state == State::Delivering).await.unwrap();
            }
            to.write_all(&buffer[..length]).await.unwrap();
            if late {
                // Not closed before the answer: nobody knows what a server does whose client is gone.
                return std::future::pending().await;
            }
        }
    }

    async fn back(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 65_536];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            // Whoever waited may have gone.
            let _ = to.write_all(&buffer[..length]).await;
            if *self.state.borrow() == State::Delivering {
                self.answered.notify_one();
            }
        }
    }
}

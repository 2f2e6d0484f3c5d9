//! The least HTTP client: one kept connection, one request at a time. Anything bigger would be measured along.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(8 * 1024) }
    }

    /// Sends a request and reads its whole answer; gives the status.
    pub(crate) async fn send(&mut self, request: &str) -> u16 {
        self.stream.write_all(request.as_bytes()).await.unwrap();
        self.buffer.clear();
        let body_at = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await;
        };
        let head = String::from_utf8_lossy(&self.buffer[..body_at]).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
        while self.buffer.len() < body_at + length {
            self.more().await;
        }
        head[9..12].parse().unwrap()
    }

    /// The body of the last answer.
    pub(crate) fn body(&self) -> &[u8] {
        let at = self.buffer.windows(4).position(|window| window == b"\r\n\r\n").map_or(0, |at| at + 4);
        &self.buffer[at..]
    }

    async fn more(&mut self) {
        let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
        assert!(read > 0, "the server closed the connection");
    }
}

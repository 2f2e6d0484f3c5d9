//! The load generator's side of HTTP/1.1: one connection that is kept alive, one request at a time. It reads only what
//! it must (status, length), so that little of the machine goes to the one who asks.

use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Room for one read.
const CHUNK: usize = 16_384;

/// A connection to the server.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The string at a JSON pointer.
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        json.pointer(pointer)
            .and_then(|found| found.as_str())
            .unwrap_or_else(|| panic!("no {pointer}: {text}"))
            .to_owned()
    }
}

/// A request as bytes, ready to be sent any number of times.
pub(crate) fn request(method: &str, path: &str, token: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let authorization = match token {
        "" => String::new(),
        token => format!("authorization: Bearer {token}\r\n"),
    };
    format!(
        "{method} {path} HTTP/1.1\r\nhost: bench\r\n{authorization}content-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(CHUNK) }
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Answer {
        self.stream.write_all(request).await.unwrap();
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.read_more().await;
        };
        let (status, length) = status_and_length(&self.buffer[..head]);
        while self.buffer.len() < head + length {
            self.read_more().await;
        }
        Answer { status, body: self.buffer[head..head + length].to_vec() }
    }

    /// Sends a request whose answer never ends, and gives the raw stream.
    pub(crate) async fn listen(mut self, request: &[u8]) -> TcpStream {
        self.stream.write_all(request).await.unwrap();
        self.stream
    }

    async fn read_more(&mut self) {
        self.buffer.reserve(CHUNK);
        let read = self.stream.read_buf(&mut self.buffer).await.unwrap();
        assert!(read > 0, "the server closed the connection");
    }
}

fn status_and_length(head: &[u8]) -> (u16, usize) {
    let head = std::str::from_utf8(head).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let length = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    (status, length.unwrap_or(0))
}

//! A receiver of webhooks on loopback.

use serde_json::Value;
use std::{
    collections::VecDeque,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Condvar, Mutex},
};
use tokio::sync::Notify;

/// What a receiver got.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: Value,
    pub(crate) text: String,
}

/// A receiver on loopback that answers as it is told, and 204 once it was told nothing more.
pub(crate) struct Receiver {
    pub(crate) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
    gate: Arc<Gate>,
    arrived: Arc<Notify>,
}

/// Whether answers may be given.
#[derive(Default)]
struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn pass(&self) {
        drop(self.opened.wait_while(self.closed.lock().unwrap(), |closed| *closed).unwrap());
    }
}

/// Lets answers go when dropped.
pub(crate) struct Held(Arc<Gate>);

impl Drop for Held {
    fn drop(&mut self) {
        *self.0.closed.lock().unwrap() = false;
        self.0.opened.notify_all();
    }
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (received, answers) =
            (Arc::<Mutex<Vec<Received>>>::default(), Arc::<Mutex<VecDeque<String>>>::default());
        let (gate, arrived) = (Arc::<Gate>::default(), Arc::<Notify>::default());
        let (keep, say) = (Arc::clone(&received), Arc::clone(&answers));
        let (closed, tell) = (Arc::clone(&gate), Arc::clone(&arrived));
        // Ends with the process: nobody connects any more.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                keep.lock().unwrap().push(read(&mut stream));
                tell.notify_one();
                closed.pass();
                let answer = say.lock().unwrap().pop_front();
                let answer = answer.unwrap_or_else(|| "HTTP/1.1 204 No Content\r\n\r\n".to_owned());
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { url, received, answers, gate, arrived }
    }

    pub(crate) fn answer_next(&self, status: u16, more: &str) {
        let answer = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{more}\r\n\r\nwhy");
        self.answers.lock().unwrap().push_back(answer);
    }

    pub(crate) fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.received.lock().unwrap())
    }

    /// Answers nobody until what it gives is dropped.
    pub(crate) fn hold(&self) -> Held {
        *self.gate.closed.lock().unwrap() = true;
        Held(Arc::clone(&self.gate))
    }

    /// Returns once so many messages came.
    pub(crate) async fn has(&self, count: usize) {
        while self.received.lock().unwrap().len() < count {
            self.arrived.notified().await;
        }
    }
}

fn read(stream: &mut impl std::io::Read) -> Received {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap();
    let header = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name)));
        line.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let mut body = Vec::new();
    let length: u64 = header("content-length").parse().unwrap();
    stream.take(length).read_to_end(&mut body).unwrap();
    let text = String::from_utf8(body).unwrap();
    Received {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: serde_json::from_str(&text).unwrap(),
        text,
    }
}

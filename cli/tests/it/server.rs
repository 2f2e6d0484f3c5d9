//! A server that gives the answers it was told to give, in order, path by path.

use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread::{self, JoinHandle},
};

/// What it does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers.
    Json(u16, Value),
    /// Answers with some other type.
    Text(&'static str, String),
    /// Begins an event stream, and keeps the connection open until the server ends.
    Stall(String),
    /// Reads the request and hangs up: the answer is lost.
    HangUp,
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// `POST /v1/orgs?x=y`.
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

#[derive(Default)]
struct Script {
    replies: HashMap<String, VecDeque<Reply>>,
    asked: Vec<Asked>,
    is_over: bool,
    /// Connections that stay open.
    kept: Vec<TcpStream>,
}

/// A server on a port of its own; it ends with the value.
pub(crate) struct Server {
    address: String,
    script: Arc<Mutex<Script>>,
    /// Told with everything that is asked.
    news: Arc<Condvar>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let script = Arc::new(Mutex::new(Script::default()));
        let (shared, news) = (Arc::clone(&script), Arc::new(Condvar::new()));
        let told = Arc::clone(&news);
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.lock().unwrap().is_over {
                    break;
                }
                serve(stream.unwrap(), &shared);
                told.notify_all();
            }
        });
        Self { address, script, news, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers `GET /v1/orgs`, whatever its query, with these; the last one again and again.
    pub(crate) fn on(&self, line: &str, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().replies.insert(line.to_owned(), replies.into_iter().collect());
    }

    /// As [`Server::on`], with one success.
    pub(crate) fn gives(&self, line: &str, body: Value) {
        self.on(line, [Reply::Json(200, body)]);
    }

    /// Waits until this was asked.
    pub(crate) fn await_asked(&self, line: &str) {
        let mut script = self.script.lock().unwrap();
        while !script.asked.iter().any(|asked| asked.line == line) {
            script = self.news.wait(script).unwrap();
        }
    }

    /// Everything that was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.script.lock().unwrap().is_over = true;
        drop(TcpStream::connect(&self.address));
        self.thread.take().unwrap().join().unwrap();
    }
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>) {
    let Some(asked) = read(&stream) else { return };
    let reply = {
        let mut script = script.lock().unwrap();
        let place = asked.line.split('?').next().unwrap().to_owned();
        script.asked.push(asked);
        let missing = Reply::Json(599, Value::from(format!("nothing is scripted for {place}")));
        script.replies.get_mut(&place).map_or(missing, |replies| match replies.len() {
            0 | 1 => replies.front().cloned().unwrap(),
            _ => replies.pop_front().unwrap(),
        })
    };
    let (status, kind, body) = match reply {
        Reply::HangUp => return,
        Reply::Stall(begin) => {
            let head = "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\n\r\n";
            let _ = write!(stream, "{head}{begin}");
            script.lock().unwrap().kept.push(stream);
            return;
        }
        Reply::Json(status, body) => (status, "application/json", body.to_string()),
        Reply::Text(kind, body) => (200, kind, body),
    };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
    // Whoever asked may be gone.
    let _ = write!(stream, "{head}connection: close\r\n\r\n{body}");
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    Some(Asked { line, headers, body: String::from_utf8(body).unwrap() })
}

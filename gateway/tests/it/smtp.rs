//! A mail server on loopback: the dialogue of RFC 5321 with AUTH PLAIN, and whatever replies a test asks for.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// A mail as it was handed in.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) auth: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// The server; it ends with the test's runtime.
pub(crate) struct MailServer {
    pub(crate) address: SocketAddr,
    taken: Arc<Mutex<Vec<Taken>>>,
    /// The reply to each recipient; none: it is taken.
    refusal: Arc<Mutex<Option<&'static str>>>,
}

impl MailServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (taken, refusal) = (Arc::<Mutex<Vec<_>>>::default(), Arc::<Mutex<_>>::default());
        let (mails, replies) = (Arc::clone(&taken), Arc::clone(&refusal));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (mails, refusal) = (Arc::clone(&mails), *replies.lock().unwrap());
                tokio::spawn(async move {
                    // A client that hangs up hands in nothing.
                    if let Ok(Some(mail)) = talk(stream, refusal).await {
                        mails.lock().unwrap().push(mail);
                    }
                });
            }
        });
        Self { address, taken, refusal }
    }

    /// From here on recipients are answered so.
    pub(crate) fn refuse(&self, reply: Option<&'static str>) {
        *self.refusal.lock().unwrap() = reply;
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

/// One conversation. The mail counts as taken before its taking is confirmed.
async fn talk(stream: TcpStream, refusal: Option<&'static str>) -> std::io::Result<Option<Taken>> {
    let mut stream = BufReader::new(stream);
    let mut mail = Taken { auth: String::new(), from: String::new(), to: String::new(), text: String::new() };
    stream.write_all(b"220 mail.test ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let (verb, rest) = line.trim_end().split_once([' ', ':']).unwrap_or_else(|| (line.trim_end(), ""));
        let reply = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => "250-mail.test\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            "AUTH" => {
                mail.auth = rest.to_owned();
                "235 welcome"
            }
            "MAIL" => {
                mail.from = rest.to_owned();
                "250 ok"
            }
            "RCPT" => {
                mail.to = rest.to_owned();
                refusal.unwrap_or("250 ok")
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                mail.text = read_data(&mut stream).await?;
                stream.write_all(b"250 taken\r\n").await?;
                return Ok(Some(mail));
            }
            "RSET" | "NOOP" => "250 ok",
            "QUIT" => "221 bye",
            _ => "502 what?",
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

/// Up to the line with nothing but a dot.
async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    while !text.ends_with("\r\n.\r\n") {
        if stream.read_line(&mut text).await? == 0 {
            break;
        }
    }
    Ok(text)
}

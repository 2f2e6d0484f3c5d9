//! Connections: bounded in time and number, and let go of.

use crate::stand::Stand;
use bytes::Bytes;
use dbx_gateway::server::{Rules, serve};
use futures::StreamExt as _;
use poem::{Body, EndpointExt as _, Response, endpoint::make_sync};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3_600);
/// So short that it is over at once.
const SHORT: Duration = Duration::from_millis(20);
const PLANS: &str = "GET /v1/plans HTTP/1.1\r\nhost: test\r\n\r\n";

fn rules() -> Rules {
    Rules { connections: 100, per_address: None, head: LONG, write: LONG, drain: LONG }
}

struct Served {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    ended: JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn start(endpoint: poem::endpoint::BoxEndpoint<'static, Response>, rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, (stop, stopping)) = (listener.local_addr().unwrap(), watch::channel(false));
        Self { address, stop, ended: tokio::spawn(serve(listener, endpoint, rules, stopping)) }
    }

    async fn connect(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

/// Everything until the server ends the connection, however it does.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

/// The beginning of an answer.
async fn answer(stream: &mut TcpStream) -> String {
    let mut some = [0; 16];
    stream.read_exact(&mut some).await.unwrap();
    String::from_utf8(some.to_vec()).unwrap()
}

#[tokio::test]
async fn half_a_head_is_not_waited_for() {
    let stand = Stand::new().await;
    let served = Served::start(stand.app.router(), Rules { head: SHORT, ..rules() }).await;
    for text in ["", "GET /v1/plans HTTP/1.1\r\n"] {
        let text = rest(served.connect(text).await).await;
        assert!(!text.contains(" 200 "), "{text}");
    }
}

#[tokio::test]
async fn an_address_that_holds_its_share_gets_no_more_until_it_lets_go() {
    let stand = Stand::new().await;
    let served = Served::start(stand.app.router(), Rules { per_address: Some(2), ..rules() }).await;
    let half = [served.connect("GET").await, served.connect("GET").await];
    assert_eq!(rest(served.connect("").await).await, "");
    drop(half);
    // The server hears of it in its own time.
    loop {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let mut some = [0; 16];
        if stream.write_all(PLANS.as_bytes()).await.is_ok() && stream.read_exact(&mut some).await.is_ok() {
            assert_eq!(&some[..], b"HTTP/1.1 200 OK\r");
            break;
        }
    }
}

#[tokio::test]
async fn a_full_house_answers_again_when_somebody_leaves() {
    let stand = Stand::new().await;
    let served = Served::start(stand.app.router(), Rules { connections: 1, ..rules() }).await;
    let mut first = served.connect(PLANS).await;
    assert_eq!(answer(&mut first).await, "HTTP/1.1 200 OK\r");
    let mut second = served.connect(PLANS).await;
    drop(first);
    assert_eq!(answer(&mut second).await, "HTTP/1.1 200 OK\r");
}

#[tokio::test]
async fn who_does_not_read_is_let_go_with_all_that_waits_for_them() {
    let (held, mut dropped) = mpsc::channel::<()>(1);
    let endpoint = make_sync(move |_| {
        let held = held.clone();
        let bytes = futures::stream::repeat_with(move || {
            let _held = &held;
            Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 65_536]))
        });
        Response::builder().body(Body::from_bytes_stream(bytes.boxed()))
    });
    let served = Served::start(endpoint.boxed(), Rules { write: SHORT, ..rules() }).await;
    let mut stream = served.connect(PLANS).await;
    assert_eq!(answer(&mut stream).await, "HTTP/1.1 200 OK\r");
    // The connection ends although the client stays; with the server the last handle on the channel goes.
    served.stop.send_replace(true);
    served.ended.await.unwrap().unwrap();
    assert!(dropped.recv().await.is_none());
    drop(stream);
}

#[tokio::test]
async fn a_server_that_stops_finishes_what_is_under_way() {
    let (began, mut begun) = mpsc::channel::<()>(1);
    let (release, gate) = watch::channel(false);
    let endpoint = poem::endpoint::make(move |_| {
        let (began, mut gate) = (began.clone(), gate.clone());
        async move {
            began.send(()).await.unwrap();
            gate.wait_for(|open| *open).await.unwrap();
            Ok::<_, poem::Error>(Response::builder().body("done"))
        }
    });
    let served = Served::start(endpoint.boxed(), rules()).await;
    let stream = served.connect(PLANS).await;
    begun.recv().await.unwrap();
    served.stop.send_replace(true);
    release.send_replace(true);
    assert!(rest(stream).await.ends_with("done"));
    served.ended.await.unwrap().unwrap();
}

//! A local MaxMind for tests: speaks HTTP/1.1 on 127.0.0.1, plain or with TLS, keeps a list of what it was asked, and breaks in
//! whatever way a test wants.
//!
//! # Not supported
//!
//! Request bodies, HTTP/2.

// Only tests use this crate: what can't be set up is a broken test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod service;
pub mod update;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One request as it came in.
#[derive(Clone, Debug)]
pub struct FakeRequest {
    /// Path and query.
    pub path: String,
    /// The whole value of `Authorization`, where there is one.
    pub authorization: Option<String>,
    /// All headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Which connection it came on.
    pub connection: u64,
    /// How many requests the server had before.
    pub number: u64,
}

/// What the server does with a request.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Headers beside the length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// How long it waits before it answers.
    pub delay: Duration,
    /// How it breaks.
    pub fault: WireFault,
}

/// How long a hung connection says nothing: longer than any client of a test waits.
const SILENCE: Duration = Duration::from_secs(60);

/// Ways to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireFault {
    /// It doesn't.
    None,
    /// The connection ends without an answer.
    Close,
    /// The body ends in the middle.
    Cut,
    /// No answer, and the connection stays open.
    Hang,
    /// The body stops in the middle, and the connection stays open.
    Stall,
}

impl Reply {
    /// An answer of this type.
    #[must_use]
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
            body: body.into(),
            delay: Duration::ZERO,
            fault: WireFault::None,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Waits before it answers.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Breaks in this way.
    #[must_use]
    pub fn broken(mut self, fault: WireFault) -> Self {
        self.fault = fault;
        self
    }
}

/// A request, and whether its answer was written as a whole.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request.
    pub request: FakeRequest,
    /// The status that was answered.
    pub status: u16,
    /// Whether all of the answer went out.
    pub answered: bool,
}

type Handler = dyn Fn(&FakeRequest) -> Reply + Send + Sync;

/// A running server. It ends with this value.
pub struct FakeServer {
    address: SocketAddr,
    certificate: Option<String>,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
}

impl FakeServer {
    /// Starts a plain server.
    #[must_use]
    pub fn start(handler: impl Fn(&FakeRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::serve(None, Arc::new(handler))
    }

    /// Starts a server with TLS and a certificate of its own for `localhost` and 127.0.0.1.
    #[must_use]
    pub fn start_tls(handler: impl Fn(&FakeRequest) -> Reply + Send + Sync + 'static) -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.unwrap())
            .unwrap();
        let mut server = Self::serve(Some(Arc::new(config)), Arc::new(handler));
        server.certificate = Some(made.cert.pem());
        server
    }

    fn serve(tls: Option<Arc<rustls::ServerConfig>>, handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (log, stopping) = (Arc::clone(&seen), Arc::clone(&stop));
        std::thread::spawn(move || {
            let numbers = Arc::new(AtomicU64::new(0));
            for (connection, stream) in listener.incoming().enumerate() {
                if stopping.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (handler, log) = (Arc::clone(&handler), Arc::clone(&log));
                let (numbers, tls) = (Arc::clone(&numbers), tls.clone());
                std::thread::spawn(move || {
                    let _ = stream.set_nodelay(true);
                    let talk = Exchange {
                        connection: connection as u64,
                        handler: &*handler,
                        log: &log,
                        numbers: &numbers,
                    };
                    // A client that goes away ends its connection, no more.
                    let _ = match tls {
                        None => talk.run(stream),
                        Some(config) => rustls::ServerConnection::new(config)
                            .map_err(std::io::Error::other)
                            .and_then(|tls| talk.run(rustls::StreamOwned::new(tls, stream))),
                    };
                });
            }
        });
        Self {
            address,
            certificate: None,
            seen,
            stop,
        }
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        match self.certificate {
            None => format!("http://{}", self.address),
            Some(_) => format!("https://localhost:{}", self.address.port()),
        }
    }

    /// The same under another name of this machine: `localhost` for 127.0.0.1, and the other way round.
    #[must_use]
    pub fn other_url(&self) -> String {
        let url = self.url();
        if url.contains("localhost") {
            url.replace("localhost", "127.0.0.1")
        } else {
            url.replace("127.0.0.1", "localhost")
        }
    }

    /// The certificate in PEM, with TLS.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// What it was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for the next connection.
        let _ = TcpStream::connect(self.address);
    }
}

/// One connection.
struct Exchange<'a> {
    connection: u64,
    handler: &'a Handler,
    log: &'a Mutex<Vec<Seen>>,
    numbers: &'a AtomicU64,
}

impl Exchange<'_> {
    fn run(&self, stream: impl Read + Write) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        while let Some(request) = self.request(&mut stream)? {
            let reply = (self.handler)(&request);
            let place = {
                let mut log = self.log.lock().unwrap();
                log.push(Seen {
                    request,
                    status: reply.status,
                    answered: false,
                });
                log.len() - 1
            };
            std::thread::sleep(reply.delay);
            let out = stream.get_mut();
            match reply.fault {
                WireFault::Close => return Ok(()),
                WireFault::Hang => {
                    std::thread::sleep(SILENCE);
                    return Ok(());
                }
                WireFault::Cut | WireFault::Stall => {
                    out.write_all(&head(&reply))?;
                    out.write_all(&reply.body[..reply.body.len() / 2])?;
                    out.flush()?;
                    if reply.fault == WireFault::Stall {
                        std::thread::sleep(SILENCE);
                    }
                    return Ok(());
                }
                WireFault::None => {
                    let mut bytes = head(&reply);
                    bytes.extend_from_slice(&reply.body);
                    out.write_all(&bytes)?;
                    out.flush()?;
                }
            }
            self.log.lock().unwrap()[place].answered = true;
        }
        Ok(())
    }

    fn request(&self, stream: &mut impl BufRead) -> std::io::Result<Option<FakeRequest>> {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 {
                return Ok(None);
            }
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let authorization = headers
            .iter()
            .find(|(name, _)| name == "authorization")
            .map(|(_, value)| value.clone());
        Ok(Some(FakeRequest {
            path,
            authorization,
            headers,
            connection: self.connection,
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
        }))
    }
}

fn head(reply: &Reply) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} Told\r\nContent-Length: {}\r\n",
        reply.status,
        reply.body.len()
    );
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    head.into_bytes()
}

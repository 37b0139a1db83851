//! Asks: several slots send requests; one coordinator decides what is asked next and commits each answer before its slot goes on.
//!
//! There are as many slots as requests may be under way, and a slot that waits for its commit sends nothing. So whenever a run is
//! killed, no more answers are at risk than that: those on the wire, and those that came and are not on disk yet.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use reqwest::header::{ACCEPT, RETRY_AFTER};
use reqwest::{Client, Response, Url};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::cache::lock::RunLock;
use crate::cache::{Cache, CacheError};
use crate::credentials::Credentials;
use crate::http::{HttpError, HttpOptions, authorize, client, said};
use crate::service::coordinator::{Coordinator, Done, Order, SlotMessage};
use crate::service::endpoint::AnswerHost;
use crate::service::response::{MOST_BYTES, ResponseClass, judge};
use crate::service::{Amount, Service};
use crate::tls::tls_fault;

/// How a run asks.
#[derive(Clone, Debug)]
pub struct AskOptions {
    /// Which service.
    pub service: Service,
    /// The host, checked by [`base_url`](crate::base_url).
    pub host: Url,
    /// How many requests are under way at once.
    pub concurrency: usize,
    /// What one answer costs.
    pub price: Amount,
    /// What all may cost, with what killed runs had sent.
    pub budget: Option<Amount>,
    /// What this run itself may spend, its retries with it: what a person was shown and has agreed to.
    pub allowed: Option<Amount>,
    /// Whether one answer serves its whole network.
    pub share_networks: bool,
    /// How old an answer may be, in microseconds.
    pub max_age_micros: i64,
    /// How often an address is tried.
    pub tries: u32,
    /// How long the first pause after a fault is; each further one is twice as long, up to 60 times this.
    pub pause: Duration,
    /// Timeouts and certificates.
    pub http: HttpOptions,
    /// What ends the run early.
    pub interrupt: Interrupt,
}

/// What a person uses to end a run: asked once it ends when all that is under way has come, asked again at once.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Asks for the end; returns how often that was asked before.
    pub fn ask(&self) -> u8 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    /// Whether nothing more is to be sent.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }

    /// Whether nothing more is to be waited for.
    pub(crate) fn is_urgent(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 1
    }
}

/// How a run is going.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Addresses to answer for.
    pub all: usize,
    /// Answered by the service in this run.
    pub answered: usize,
    /// Of those, how many the service had nothing to say about.
    pub not_found: usize,
    /// Answered through the network of another answer, or by a run beside this one.
    pub saved: usize,
    /// Not answered, with the reason.
    pub failed: Vec<(IpAddr, String)>,
    /// Requests sent.
    pub sent: u64,
    /// Requests without an answer that may have been billed all the same, those of killed runs too.
    pub perhaps_billed: u64,
    /// What was spent, including what may have been billed.
    pub spent: Amount,
    /// How much of that killed runs had sent.
    pub inherited: Amount,
    /// What MaxMind last said of the credit that is left, in queries.
    pub queries_remaining: Option<i64>,
    /// Not asked, since the budget was used up.
    pub over_budget: usize,
    /// Which of them were left since retries had used up what was allowed.
    pub left: Vec<IpAddr>,
    /// Answers about another address than was asked about: kept apart, and among the failed.
    pub about_another: usize,
    /// Why the run stopped early, and the way out.
    pub stopped: Option<(String, String)>,
    /// What a person may want to know while it happens: who is waited for, and how long.
    pub notes: Vec<String>,
}

impl Tally {
    /// How many addresses are done with, one way or the other.
    #[must_use]
    pub fn done(&self) -> usize {
        self.answered + self.saved + self.failed.len()
    }
}

/// Why a run can't begin or go on.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The client can't be set up.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// The system gives no thread, no timer or no lock.
    #[error("cannot start asking: {0}")]
    Start(#[from] std::io::Error),
    /// A part of the run broke, which is a fault of this program.
    #[error("asking broke off")]
    Broken,
}

/// Who is told how the run is going, after each commit.
pub type Watch = Arc<dyn Fn(&Tally) + Send + Sync>;

/// Asks about addresses in their order, and returns when all are done or the run has to stop.
///
/// # Errors
///
/// The run can't begin. A cache that can't be written later stops the run, and the tally says so.
pub fn ask(
    cache: Cache,
    addresses: &[IpAddr],
    credentials: &Credentials,
    options: &AskOptions,
    watch: Watch,
) -> Result<Tally, AskError> {
    let client = client(&options.host, &options.http)?;
    let from = AnswerHost::of(&options.host);
    let lock = RunLock::take(&cache.path)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let (sender, messages) = mpsc::channel();
    let gate = Arc::new(Gate {
        is_closed: AtomicBool::new(false),
    });
    let coordinator = Coordinator::new(
        cache,
        lock,
        addresses,
        &from,
        options.clone(),
        watch,
        Arc::clone(&gate),
    )?;
    let keeping = std::thread::Builder::new()
        .name("coordinator".to_owned())
        .spawn(move || coordinator.run(&messages))?;
    let shared = Arc::new(SlotContext {
        client,
        credentials: credentials.clone(),
        service: options.service,
        host: options.host.clone(),
        gate,
    });
    let slots = options.concurrency.clamp(1, addresses.len().max(1));
    runtime.block_on(async {
        let mut running = JoinSet::new();
        for _ in 0..slots {
            running.spawn(slot(Arc::clone(&shared), sender.clone()));
        }
        drop(sender);
        loop {
            tokio::select! {
                ended = running.join_next() => if ended.is_none() { break },
                () = tokio::time::sleep(LOOK_AT_INTERRUPT) => {
                    if options.interrupt.is_urgent() {
                        running.abort_all();
                    }
                }
            }
        }
    });
    keeping.join().map_err(|_| AskError::Broken)
}

/// How often the urgent wish to end is looked for.
const LOOK_AT_INTERRUPT: Duration = Duration::from_millis(50);

/// What lets requests out: none after the service has asked to wait or has refused everybody.
#[derive(Debug)]
pub(crate) struct Gate {
    is_closed: AtomicBool,
}

impl Gate {
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn open(&self) {
        self.is_closed.store(false, Ordering::SeqCst);
    }
}

struct SlotContext {
    gate: Arc<Gate>,
    client: Client,
    credentials: Credentials,
    service: Service,
    host: Url,
}

/// Asks for work, does it, hands the result in with the next question, until there is none.
async fn slot(shared: Arc<SlotContext>, coordinator: mpsc::Sender<SlotMessage>) {
    let mut done = None;
    loop {
        let (reply, order) = oneshot::channel();
        if coordinator.send(SlotMessage { done, reply }).is_err() {
            return;
        }
        match order.await {
            Ok(Order::Ask(index, ip)) => done = Some(shared.pass(index, ip).await),
            Ok(Order::Stop) | Err(_) => return,
        }
    }
}

impl SlotContext {
    /// Sends a request, if the gate is still open.
    async fn pass(&self, index: usize, ip: IpAddr) -> Done {
        if self.gate.is_closed.load(Ordering::SeqCst) {
            return Done {
                index,
                status: 0,
                body: Vec::new(),
                verdict: ResponseClass::Unsent,
            };
        }
        let done = self.request(index, ip).await;
        // Before the next one is let out.
        if matches!(
            done.verdict,
            ResponseClass::Slow { .. } | ResponseClass::Stop { .. }
        ) {
            self.gate.close();
        }
        done
    }

    async fn request(&self, index: usize, ip: IpAddr) -> Done {
        let mut url = self.host.clone();
        url.set_path(&format!("/geoip/v2.1/{}/{ip}", self.service.path()));
        let request = self.client.get(url).header(ACCEPT, "application/json");
        let response = match authorize(request, &self.credentials).send().await {
            Ok(response) => response,
            Err(error) => {
                let reason = said(&error);
                return Done {
                    index,
                    status: 0,
                    body: Vec::new(),
                    verdict: match tls_fault(&error) {
                        // Nothing was sent, and each further try would fail alike.
                        Some(hint) if error.is_connect() => ResponseClass::Stop {
                            reason: format!("no trusted connection to {}: {reason}", self.host),
                            hint,
                        },
                        // Without a connection nothing was sent; a redirect loop has an answer of its own.
                        _ => ResponseClass::Again {
                            reason,
                            billed: !error.is_connect() && !error.is_builder(),
                        },
                    },
                };
            }
        };
        let status = response.status().as_u16();
        let wait = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let (body, verdict) = match read(response).await {
            Ok(body) => {
                let now = jiff::Timestamp::now().as_second();
                let verdict = judge(ip, status, &body, wait.as_deref(), now);
                (body, verdict)
            }
            // The status of an error is enough where its text is cut.
            Err(_) if status != 200 => {
                let now = jiff::Timestamp::now().as_second();
                (Vec::new(), judge(ip, status, b"", wait.as_deref(), now))
            }
            Err(reason) => (
                Vec::new(),
                ResponseClass::Again {
                    reason,
                    billed: true,
                },
            ),
        };
        Done {
            index,
            status,
            body,
            verdict,
        }
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| said(&error))? {
        body.extend_from_slice(&part);
        if body.len() > MOST_BYTES {
            return Err("the answer is too long".to_owned());
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rapsheet_fake::FakeServer;
    use rapsheet_fake::service::{ACCOUNT, KEY, answer};

    use super::*;
    use crate::credentials::Secret;
    use crate::http::base_url;

    fn credentials() -> Credentials {
        Credentials {
            account_id: ACCOUNT.to_owned(),
            license_key: Secret::new(KEY.to_owned()),
            found_in: "the test".to_owned(),
        }
    }

    fn options(server: &FakeServer) -> AskOptions {
        AskOptions {
            service: Service::Insights,
            host: base_url(&server.url()).unwrap(),
            concurrency: 4,
            price: Amount(2),
            budget: None,
            allowed: None,
            share_networks: false,
            max_age_micros: i64::MAX,
            tries: 2,
            pause: Duration::from_millis(5),
            http: HttpOptions::default(),
            interrupt: Interrupt::default(),
        }
    }

    #[test]
    fn a_request_that_may_have_been_billed_counts_where_that_cannot_be_written() {
        let server = FakeServer::start(|request| {
            answer(request, 32).broken(rapsheet_fake::WireFault::Close)
        });
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(&folder.path().join("answers.sqlite")).unwrap();
        cache
            .connection
            .execute_batch(
                "CREATE TRIGGER full BEFORE UPDATE ON pending BEGIN SELECT RAISE(FAIL, 'no'); END",
            )
            .unwrap();
        let addresses = [IpAddr::from([81, 2, 69, 1])];
        let options = AskOptions {
            tries: 1,
            ..options(&server)
        };
        let tally = ask(
            cache,
            &addresses,
            &credentials(),
            &options,
            Arc::new(|_| ()),
        )
        .unwrap();
        assert!(tally.stopped.unwrap().0.contains("cannot be written"));
        assert_eq!((tally.perhaps_billed, tally.spent), (1, Amount(2)));
    }

    #[test]
    fn a_full_disk_stops_the_run_and_what_was_written_stays() {
        let server =
            FakeServer::start(|request| answer(request, 32).after(Duration::from_millis(2)));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("answers.sqlite");
        let addresses: Vec<IpAddr> = (1..=200).map(|n| IpAddr::from([81, 2, n, 1])).collect();
        let (credentials, options) = (credentials(), options(&server));
        let run = |cache: Cache| ask(cache, &addresses, &credentials, &options, Arc::new(|_| ()));
        let cache = Cache::open(&path).unwrap();
        let pages: i64 = cache
            .connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        let limit = format!("PRAGMA max_page_count = {}", pages + 12);
        cache.connection.query_row(&limit, [], |_| Ok(())).unwrap();

        let tally = run(cache).unwrap();
        let (reason, hint) = tally.stopped.clone().unwrap();
        assert!(
            reason.contains("disk is full") && hint.contains("make room"),
            "{reason} {hint}"
        );
        let from = AnswerHost::of(&options.host);
        let kept = Cache::open(&path).unwrap().known(&from).unwrap().answers();
        assert_eq!(tally.answered, kept);
        assert!(kept > 10 && kept < 200, "{kept}");
        // Each request is accounted for: kept, or counted as spent.
        let sent = server.seen().len();
        assert_eq!(kept as u64 + tally.perhaps_billed, sent as u64);
        assert_eq!(
            (tally.sent, tally.spent),
            (sent as u64, Amount(2 * sent as u64))
        );

        let tally = run(Cache::open(&path).unwrap()).unwrap();
        assert_eq!((tally.answered + kept, tally.saved), (200, kept));
        assert_eq!(tally.stopped, None);
    }
}

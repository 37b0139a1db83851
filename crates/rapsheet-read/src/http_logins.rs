//! Logins that an access log shows: somebody who was turned away gives a name and is served (Basic authentication), or posts to
//! WordPress' login form and is sent on.
//!
//! They are told by the dataset `http.auth` (service `http`, reason `http_login`), and weaker than sshd's word: a server may serve a
//! page to anybody who gives a name, and an extension of WordPress may send somebody on whom it turned away. Only what follows
//! a failure becomes a login, for a site that asks for a password serves each page with a name beside it.

use std::net::IpAddr;

use rapsheet_schema::{Action, Dataset, Event, MICROS_PER_SECOND, Outcome, Reason};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprints;
use crate::window::{SavedWindow, Window};

/// Failures are remembered for a day.
const WINDOW: i64 = 24 * 3600 * MICROS_PER_SECOND;
/// So many failures with other names make a login of a name that was not served before.
const MANY: u32 = 5;
const FORM: &str = "/wp-login.php";

/// Remembers who was turned away, and who was served.
#[derive(Debug)]
pub(crate) struct HttpLogins {
    /// Failures of an address since its last login.
    failed: Window<IpAddr, u32>,
    /// Names that an address was turned away with since it last came in with them.
    refused: Window<u64, ()>,
    /// Names with which an address was served.
    served: Window<u64, ()>,
    fingerprints: Fingerprints,
}

/// What is remembered, as it is saved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedHttpLogins {
    failed: SavedWindow<IpAddr, u32>,
    refused: SavedWindow<u64, ()>,
    served: SavedWindow<u64, ()>,
}

/// What a request is to whoever asks for a password.
enum Answer<'a> {
    Refused(&'a str),
    LetIn(&'a str),
}

impl HttpLogins {
    pub(crate) fn new(fingerprints: Fingerprints) -> Self {
        Self {
            failed: Window::new(WINDOW),
            refused: Window::new(WINDOW),
            served: Window::new(WINDOW),
            fingerprints,
        }
    }

    /// What it remembers.
    pub(crate) fn save(&self) -> SavedHttpLogins {
        SavedHttpLogins {
            failed: self.failed.save(),
            refused: self.refused.save(),
            served: self.served.save(),
        }
    }

    /// Makes it remember what was saved.
    pub(crate) fn restore(&mut self, saved: SavedHttpLogins) {
        self.failed.restore(saved.failed);
        self.refused.restore(saved.refused);
        self.served.restore(saved.served);
    }

    /// How many things are remembered that time makes forgotten.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.failed.len() + self.refused.len() + self.served.len()
    }

    /// Makes a login of a request that shows one.
    #[inline]
    pub(crate) fn settle(&mut self, watermark: i64, event: &mut Event<'_>) {
        if event.http.is_some()
            && event.event_action == Action::Request
            && let Some(ip) = event.source_ip
            && let Some(answer) = answer_of(event)
        {
            self.settle_answer(ip, watermark, &answer, event);
        }
    }

    fn settle_answer(
        &mut self,
        ip: IpAddr,
        watermark: i64,
        answer: &Answer<'_>,
        event: &mut Event<'_>,
    ) {
        for window in [&mut self.refused, &mut self.served] {
            window.advance(watermark);
        }
        self.failed.advance(watermark);
        match answer {
            Answer::Refused(name) => {
                let failed = self.failed.entry(ip);
                *failed = failed.saturating_add(event.attempts);
                self.refused.entry(self.fingerprints.of((ip, name)));
            }
            Answer::LetIn(name) => {
                let key = self.fingerprints.of((ip, name));
                let was_served = self.served.contains(&key);
                self.served.entry(key);
                let failed = self.failed.get(&ip).copied().unwrap_or(0);
                let was_refused = failed > 0 && self.refused.take(&key);
                if was_refused || failed >= MANY && !was_served {
                    self.failed.take(&ip);
                    event.event_dataset = Dataset::HttpAuth;
                    event.event_action = Action::Login;
                    event.event_outcome = Outcome::Success;
                    event.reason = Some(Reason::HttpLogin);
                    (event.suspicious, event.attempts) = (false, 0);
                }
            }
        }
    }
}

/// Whether a request was turned away or let in, and with which name. WordPress' form has its own, which no user has, for the log
/// does not show what was posted.
fn answer_of<'a>(event: &Event<'a>) -> Option<Answer<'a>> {
    let http = event.http?;
    let status = http.http_response_status_code?;
    if event.reason == Some(Reason::HttpAuthFailure) {
        return event.user_name.map(Answer::Refused);
    }
    if http.http_request_method == Some("POST") && is_login_form(http.url_original?) {
        return match status {
            200 => Some(Answer::Refused(FORM)),
            302 => Some(Answer::LetIn(FORM)),
            _ => None,
        };
    }
    let name = event.user_name?;
    matches!(status, 200..400).then_some(Answer::LetIn(name))
}

/// Whether a target is WordPress' form of a login: it sends on whoever asks for a new password, too.
fn is_login_form(target: &str) -> bool {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    path.ends_with(FORM)
        && query
            .split('&')
            .all(|part| !part.starts_with("action=") || part == "action=login")
}

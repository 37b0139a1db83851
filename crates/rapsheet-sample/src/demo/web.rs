//! What nginx writes: access.log in the combined form, and error.log.

use super::world::{Entry, World};
use crate::civil::Civil;

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct DemoRequest {
    /// The request line as nginx writes it.
    pub(super) line: &'static str,
    pub(super) status: u16,
    pub(super) bytes: u32,
    pub(super) agent: &'static str,
    /// Whether it looks for a hole.
    pub(super) probe: bool,
}

impl World {
    /// A client asks; nginx answers, and grumbles where the file doesn't exist.
    pub(super) fn request(&mut self, at: i64, address: &str, request: &DemoRequest) {
        self.saw(address);
        self.facts.requests += 1;
        self.facts.web_probes += u64::from(request.probe);
        self.requests += self.random.between(1, 3);
        let DemoRequest {
            line,
            status,
            bytes,
            agent,
            probe,
        } = *request;
        let time = Civil::of(at.div_euclid(1_000));
        let text = format!(
            "{address} - - [{}] \"{line}\" {status} {bytes} \"-\" \"{agent}\"",
            time.access()
        );
        self.access.push(Entry {
            at,
            text: text.clone(),
        });
        let path = line.split(' ').nth(1).unwrap_or("/");
        let file = path.split('?').next().unwrap_or(path);
        if status == 404 && probe {
            self.found(at, "nginx-botsearch", address, &text);
            self.error(
                at,
                address,
                line,
                &format!("open() \"/var/www/html{file}\" failed (2: No such file or directory)"),
            );
        } else if status == 403 {
            self.error(
                at,
                address,
                line,
                &format!("access forbidden by rule \"{file}\""),
            );
        }
    }

    /// A wrong password for the part of the site that has one.
    pub(super) fn basic_auth(&mut self, at: i64, address: &str, user: &str, exists: bool) {
        self.saw(address);
        self.facts.requests += 1;
        self.requests += 1;
        let line = "GET /status/ HTTP/1.1";
        let time = Civil::of(at.div_euclid(1_000)).access();
        let text = format!(
            "{address} - {user} [{time}] \"{line}\" 401 188 \"-\" \"python-requests/2.31.0\""
        );
        self.access.push(Entry { at, text });
        let why = if exists {
            format!("user \"{user}\": password mismatch")
        } else {
            format!("user \"{user}\" was not found in \"/etc/nginx/.htpasswd\"")
        };
        self.error(at, address, line, &why);
    }

    fn error(&mut self, at: i64, address: &str, line: &str, what: &str) {
        let time = Civil::of(at.div_euclid(1_000)).dashed('/');
        let text = format!(
            "{time} [error] 771#771: *{} {what}, client: {address}, server: harbor.example, request: \"{line}\", host: \"harbor.example\"",
            self.requests
        );
        self.errors.push(Entry { at, text });
    }
}

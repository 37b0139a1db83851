//! What to do: findings that ask for the same step are one decision.

use anyhow::Result;
use rapsheet_output::number::{count, several};
use rapsheet_output::{Level, Page};

use crate::answer::{Answer, Row};

/// Decisions that are shown.
const MOST: usize = 5;
/// The longest text of one decision: two lines of a usual page.
const LONGEST: usize = 2 * 77 - 8;

/// The decisions, each as the lines that it takes; the gravest first.
pub(super) fn decisions(answer: &Answer, style: rapsheet_output::Style) -> Result<Vec<Vec<u8>>> {
    let mut blocks = Vec::new();
    for row in answer.rows().take(MOST) {
        let level = match row.text("severity").as_deref() {
            Some("critical") => Level::Danger,
            _ => Level::Warn,
        };
        let mut text = step(&row);
        if text.chars().count() > LONGEST {
            text = text.chars().take(LONGEST - 1).collect();
            text.push('…');
        }
        let mut lines = Vec::new();
        Page::new(&mut lines, style).finding(level, &text, &[])?;
        blocks.push(lines);
    }
    Ok(blocks)
}

/// The subjects of a decision: the first, and how many more there are.
struct Subjects {
    first: String,
    more: u64,
}

impl Subjects {
    fn of(row: &Row<'_>) -> Self {
        Self {
            first: row.text("first_subject").unwrap_or_else(|| "?".to_owned()),
            more: row.count("subjects").saturating_sub(1),
        }
    }

    /// `192.0.2.1`, or `192.0.2.1 and 3 more`.
    fn and_more(&self) -> String {
        match self.more {
            0 => self.first.clone(),
            more => format!("{} and {} more", self.first, count(more)),
        }
    }
}

/// The users of the two weightiest subjects.
fn users(row: &Row<'_>) -> String {
    let mut users: Vec<String> = ["first_user", "second_user"]
        .iter()
        .filter_map(|name| row.text(name))
        .collect();
    users.dedup();
    match (users.len(), row.count("subjects")) {
        (0, _) => "whoever it was".to_owned(),
        (_, 0..=2) => users.join(" and "),
        _ => format!("{} and others", users.join(", ")),
    }
}

/// What to do, in one sentence.
fn step(row: &Row<'_>) -> String {
    let subjects = Subjects::of(row);
    let first = &subjects.first;
    let show = format!("`rapsheet show {first}`");
    match row.text("decision").as_deref() {
        Some("intrusion") => format!(
            "Lock out {}, change the password of {}, and look at what was done there: {show}",
            subjects.and_more(),
            users(row)
        ),
        Some("login") => format!(
            "Ask {} whether it was them who came from {}: {show}",
            users(row),
            subjects.and_more()
        ),
        Some("handed_out") => format!(
            "Take {} off the web server, and change whatever secret stands in it",
            subjects.and_more()
        ),
        Some("shell") => format!(
            "Take {} off the web server, and find out who put it there",
            subjects.and_more()
        ),
        Some("attack_answered") => format!(
            "Look whether the server answers to anything as it did to {}",
            subjects.and_more()
        ),
        Some("root_login_by_password") => format!(
            "Let root in by key only (PermitRootLogin prohibit-password): {} from {}",
            several(
                row.count("weight"),
                "login by password",
                "logins by password"
            ),
            several(row.count("subjects"), "address", "addresses")
        ),
        Some("network") => format!(
            "Ban {first} as a whole: {} of it stay below the threshold{}",
            several(row.count("first_addresses"), "address", "addresses"),
            match subjects.more {
                0 => String::new(),
                more => format!("; and {}", several(more, "network more", "networks more")),
            }
        ),
        Some("never_banned") => format!(
            "Find out why fail2ban never banned {}: {}",
            subjects.and_more(),
            several(row.count("weight"), "failed login", "failed logins")
        ),
        Some("slow_brute_force") => format!(
            "Ban {}, slow and steady: {}",
            subjects.and_more(),
            several(row.count("weight"), "failed login", "failed logins")
        ),
        Some("returns_after_ban") => format!(
            "Ban for longer (bantime.increment): {} came back after {}",
            subjects.and_more(),
            several(row.count("weight"), "ban", "bans")
        ),
        _ => format!("Look at {}", subjects.and_more()),
    }
}

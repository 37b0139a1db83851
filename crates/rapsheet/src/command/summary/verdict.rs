//! The verdict: three questions, three answers, each with its ground, and "not known" where it isn't.

use anyhow::Result;
use rapsheet_output::number::{count, duration, several};
use rapsheet_output::{Level, Page, Tone};
use rapsheet_schema::Category;
use serde_json::{Value, json};

use super::lead::{nothing, was_read};
use crate::answer::{Answer, Answers, Row};
use crate::local_time::local_text;
use crate::run::Run;

/// The queries that the verdict asks.
const QUESTIONS: [(&str, Option<i64>); 3] = [
    ("summary/verdict", None),
    ("summary/answers", None),
    ("summary/totals", None),
];
/// The longest text of one answer: three lines of a usual page, with its question.
const LONGEST: usize = 3 * 77 - 33;

/// The longest sample of a line.
const SAMPLE: usize = 120;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// It looks like it.
    Yes,
    /// A person has to look.
    Look,
    /// No sign of it.
    No,
    /// The logs don't tell.
    Unknown,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Look => "look",
            Self::No => "no",
            Self::Unknown => "not known",
        }
    }

    const fn level(self) -> Level {
        match self {
            Self::Yes => Level::Danger,
            Self::Look => Level::Warn,
            Self::No => Level::Good,
            Self::Unknown => Level::Note,
        }
    }
}

/// The answer to one question, with its ground.
struct Part {
    question: &'static str,
    title: &'static str,
    verdict: Verdict,
    ground: String,
}

/// The three answers.
pub(super) struct Verdicts {
    parts: [Part; 3],
    /// Why nothing can be said at all.
    nothing: Option<String>,
}

/// The three answers as data.
pub(crate) fn as_json(run: &Run) -> Result<Option<Value>> {
    let answers = Answers::shipped(&run.session, &QUESTIONS)?;
    Ok(verdicts(run, &answers)?.map(|verdicts| verdicts.json()))
}

/// Finds the three answers.
pub(super) fn verdicts(run: &Run, answers: &Answers) -> Result<Option<Verdicts>> {
    let (Some(numbers), Some(totals)) = (
        answers.of("summary/verdict")?.first(),
        answers.of("summary/totals")?.first(),
    ) else {
        return Ok(None);
    };
    let found = answers.of("summary/answers")?;
    let parts = [
        after_failures(run, &numbers, &totals, of(found, "after_failures")),
        new_place(run, &numbers, &totals, of(found, "new_place")),
        handed_out(run, &numbers, of(found, "handed_out")),
    ];
    let nothing =
        (totals.count("events") == 0).then(|| unread_logins(run).unwrap_or_else(|| nothing(run)));
    Ok(Some(Verdicts { parts, nothing }))
}

/// The gravest finding that answers a question.
fn of<'a>(answers: &'a Answer, question: &str) -> Option<Row<'a>> {
    let is_of = |row: &Row<'_>| row.text("question").as_deref() == Some(question);
    answers.rows().find(is_of)
}

impl Verdicts {
    /// Writes the answer in one sentence, then the three with their grounds.
    pub(super) fn write(&self, page: &mut Page<'_>) -> Result<()> {
        if let Some(nothing) = &self.nothing {
            page.paragraph(
                Tone::Warn,
                &format!("DID ANYONE GET IN?  Not known: {nothing}."),
            )?;
            return Ok(());
        }
        let (tone, text) = self.sentence();
        page.paragraph(tone, &format!("DID ANYONE GET IN?  {text}"))?;
        for part in &self.parts {
            let text = format!("{}: {}. {}", part.title, part.verdict.word(), part.ground);
            page.finding(part.verdict.level(), &text, &[])?;
        }
        Ok(())
    }

    fn sentence(&self) -> (Tone, &'static str) {
        use Verdict::{Look, No, Unknown, Yes};
        let [after, place, handed] = self.parts.each_ref().map(|part| part.verdict);
        match (after, place, handed) {
            (Yes, _, _) | (_, Yes, _) => (Tone::Danger, "Yes, it looks like it."),
            (_, _, Yes) => (
                Tone::Danger,
                "The web server handed out what it should keep.",
            ),
            (Look, _, _) | (_, Look, _) | (_, _, Look) => (Tone::Warn, "Perhaps: have a look."),
            (Unknown, _, _) => (Tone::Warn, "Not known."),
            (No, No, No) => (Tone::Good, "No sign of it."),
            _ => (Tone::Plain, "No sign of it, as far as these logs tell."),
        }
    }

    fn json(&self) -> Value {
        let parts = self.parts.iter().map(|part| {
            json!({
                "question": part.question,
                "answer": part.verdict.word(),
                "ground": part.ground,
            })
        });
        Value::Array(parts.collect())
    }
}

/// Says what was found, in three lines at most.
fn told(run: &Run, row: &Row<'_>) -> String {
    let mut text = row
        .text("source_ip")
        .map_or_else(String::new, |ip| ip + " ");
    text.push_str(&row.text("statement").unwrap_or_default());
    if let Some(at) = row.time("at") {
        text.push_str(&format!(", {}", local_text(at, &run.plan.timezone)));
    }
    if let Some(evidence) = row.text("evidence").filter(|evidence| !evidence.is_empty()) {
        text.push_str(&format!("; {evidence}"));
    }
    let more = match row.count("alike").saturating_sub(1) {
        0 => String::new(),
        more => format!("; and {} more", count(more)),
    };
    let room = LONGEST.saturating_sub(more.len());
    if text.chars().count() > room {
        text = text.chars().take(room.saturating_sub(1)).collect();
        text.push('…');
    }
    text + &more
}

/// Says how many lines that nobody read tell of logins, with the first of them; absent where there is none.
fn unread_logins(run: &Run) -> Option<String> {
    let sources = &run.coverage.sources;
    let unread: u64 = sources.iter().map(|source| source.unread_logins).sum();
    let sample = sources
        .iter()
        .find_map(|source| source.unread_login.as_deref())?;
    let sample: String = match sample.char_indices().nth(SAMPLE) {
        Some((end, _)) => format!("{}…", &sample[..end]),
        None => sample.to_owned(),
    };
    let lines = match unread {
        1 => "1 line that was not read tells of a login".to_owned(),
        _ => format!("{} lines that were not read tell of logins", count(unread)),
    };
    Some(format!("{lines}: {sample}"))
}

/// The verdict that a finding of this severity stands for.
fn verdict_of(row: &Row<'_>) -> Verdict {
    match row.text("severity").as_deref() {
        Some("critical") => Verdict::Yes,
        _ => Verdict::Look,
    }
}

/// Whether somebody logged in after failures that look like guessing.
fn after_failures(run: &Run, numbers: &Row<'_>, totals: &Row<'_>, found: Option<Row<'_>>) -> Part {
    let part = |verdict, ground| Part {
        question: "after_failures",
        title: "After failures",
        verdict,
        ground,
    };
    if let Some(row) = found {
        return part(verdict_of(&row), told(run, &row));
    }
    if let Some(unread) = unread_logins(run) {
        return part(Verdict::Unknown, unread);
    }
    if !was_read(run, Category::Authentication) {
        return part(Verdict::Unknown, "No login was read.".to_owned());
    }
    if let Some(unjudged) = unjudged_logins(totals) {
        return part(Verdict::Unknown, unjudged);
    }
    let is_part = run.plan.since.is_some() || run.plan.until.is_some();
    let mut text = match numbers.count("logins") {
        0 if is_part => "No successful login in the wanted time.".to_owned(),
        0 => "No successful login in these logs.".to_owned(),
        1 => "1 successful login, not after failures that look like guessing.".to_owned(),
        logins => format!(
            "{} successful logins, none after failures that look like guessing.",
            count(logins)
        ),
    };
    let (mistyped, keys) = (numbers.count("mistyped"), numbers.count("key_logins"));
    if mistyped > 0 {
        let addresses = several(mistyped, "address", "addresses");
        text.push_str(&format!(" Mistyped from {addresses}."));
    }
    if keys > 0 {
        let addresses = several(keys, "address", "addresses");
        text.push_str(&format!(
            " A key let in {addresses} after failures: was it added by you?"
        ));
    }
    part(Verdict::No, text)
}

/// Logins of which only the name of the remote host is known, if there are any: nothing can be said of these.
fn unjudged_logins(totals: &Row<'_>) -> Option<String> {
    let logins = totals.count("domain_successes");
    (logins > 0).then(|| {
        format!(
            "Of {} no line names the address (`rapsheet export domains`).",
            several(logins, "successful login", "successful logins")
        )
    })
}

/// Whether somebody logged in from where that user never came before.
fn new_place(run: &Run, numbers: &Row<'_>, totals: &Row<'_>, found: Option<Row<'_>>) -> Part {
    let part = |verdict, ground| Part {
        question: "new_place",
        title: "From a new place",
        verdict,
        ground,
    };
    if let Some(row) = found {
        return part(verdict_of(&row), told(run, &row));
    }
    if unread_logins(run).is_some() {
        let text = "Some logins were not read.".to_owned();
        return part(Verdict::Unknown, text);
    }
    let logins = numbers.count("logins");
    if !was_read(run, Category::Authentication) {
        return part(Verdict::Unknown, "No login was read.".to_owned());
    }
    if logins == 0 {
        return match unjudged_logins(totals) {
            Some(unjudged) => part(Verdict::Unknown, unjudged),
            None => part(Verdict::No, "Nobody logged in.".to_owned()),
        };
    }
    let compared = numbers.count("compared");
    if compared == 0 {
        let span = numbers.time("logs_from").zip(numbers.time("last_login"));
        let span = span.map_or(0, |(from, last)| last.saturating_sub(from) / 1_000_000);
        let text = format!(
            "It takes 7 days to compare with, and these logs have {} before the last login.",
            duration(u64::try_from(span).unwrap_or(0))
        );
        return part(Verdict::Unknown, text);
    }
    let mut text = match compared {
        1 => "1 login compared with 7 days or more, and nothing odd about it.".to_owned(),
        _ => format!(
            "{} logins compared with 7 days or more, and nothing odd about them.",
            count(compared)
        ),
    };
    let new = numbers.count("new_places");
    if new > 0 {
        let times = several(new, "user or network", "users or networks");
        text.push_str(&format!(" For the first time: {times}."));
    }
    part(Verdict::No, text)
}

/// Whether the web server handed out secrets or answered as a shell.
fn handed_out(run: &Run, numbers: &Row<'_>, found: Option<Row<'_>>) -> Part {
    let part = |verdict, ground| Part {
        question: "handed_out",
        title: "Handed out",
        verdict,
        ground,
    };
    if let Some(row) = found {
        return part(verdict_of(&row), told(run, &row));
    }
    if !was_read(run, Category::Web) {
        return part(
            Verdict::Unknown,
            "No log of a web server was read.".to_owned(),
        );
    }
    let requests = numbers.count("requests_asked");
    let mut text = match requests {
        0 => "Nobody asked for secrets or shells.".to_owned(),
        _ => format!(
            "{} for {} of secrets and shells, and none was handed out.",
            several(requests, "request", "requests"),
            several(numbers.count("paths_asked"), "path", "paths")
        ),
    };
    let common = numbers.count("paths_common");
    if common > 0 {
        text.push_str(&format!(
            " {} got the page that anything gets.",
            several(common, "path", "paths")
        ));
    }
    part(Verdict::No, text)
}

//! `cargo xtask gen-logs`: writes a log of any length from a seed, for benchmarks.
//!
//! `cargo xtask gen-logs --kind sshd|fail2ban|access --lines 1000000 --seed 1 -o FILE` (`-o -` is
//! standard output). sshd's kind comes in shapes:
//!
//! | `--shape` | what it holds | further options |
//! |---|---|---|
//! | `uniform` (default) | the address of each connection is drawn anew | `--addresses`, otherwise one for each 200 lines |
//! | `bursts` | addresses work for a while, go and come back, and some log in, as on real servers | `--addresses`, otherwise one for each 1,262 lines |
//! | `drawn` | the address and the user name of each line are drawn | `--addresses` and `--users`, otherwise 8,000 and 309 |
//! | `unique` | each line has an IPv6 address and a user name of its own | |
//!
//! What the log holds goes to standard error, one `name value` a line.

use anyhow::{Context, Result, bail};
use rapsheet_sample::{
    SshdExpected, access_log, fail2ban_log, sshd_bursts, sshd_drawn, sshd_log, sshd_log_of,
    sshd_unique,
};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};

const KINDS: [&str; 3] = ["sshd", "fail2ban", "access"];
const SHAPES: [&str; 4] = ["uniform", "bursts", "drawn", "unique"];

/// What the arguments ask for.
struct LogRecipe {
    kind: String,
    shape: Option<String>,
    lines: u64,
    seed: u64,
    addresses: Option<u64>,
    users: Option<u64>,
    output: String,
}

impl LogRecipe {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            kind: "sshd".to_owned(),
            shape: None,
            lines: 1_000_000,
            seed: 1,
            addresses: None,
            users: None,
            output: "-".to_owned(),
        };
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .with_context(|| format!("`{name}` needs a value"))?;
            match name.as_str() {
                "--kind" => plan.kind = value,
                "--shape" => plan.shape = Some(value),
                "--lines" => plan.lines = number(&name, &value)?,
                "--seed" => plan.seed = number(&name, &value)?,
                "--addresses" => plan.addresses = Some(number(&name, &value)?),
                "--users" => plan.users = Some(number(&name, &value)?),
                "-o" | "--output" => plan.output = value,
                _ => bail!(
                    "unknown argument `{name}`; there are --kind, --shape, --lines, --addresses, --users, --seed and -o"
                ),
            }
        }
        plan.check()?;
        Ok(plan)
    }

    fn shape(&self) -> &str {
        self.shape.as_deref().unwrap_or("uniform")
    }

    /// Refuses what doesn't go together.
    fn check(&self) -> Result<()> {
        if !KINDS.contains(&self.kind.as_str()) {
            bail!(
                "unknown kind `{}`; there are {}",
                self.kind,
                KINDS.join(", ")
            );
        }
        if !SHAPES.contains(&self.shape()) {
            bail!(
                "unknown shape `{}`; there are {}",
                self.shape(),
                SHAPES.join(", ")
            );
        }
        if self.kind != "sshd" && self.shape.is_some() {
            bail!("only `--kind sshd` takes `--shape`");
        }
        if self.addresses.is_some() && (self.kind != "sshd" || self.shape() == "unique") {
            bail!("only `--kind sshd` takes `--addresses`, and not with `--shape unique`");
        }
        if self.users.is_some() && self.shape() != "drawn" {
            bail!("only `--shape drawn` takes `--users`");
        }
        Ok(())
    }
}

fn number(name: &str, value: &str) -> Result<u64> {
    value
        .replace('_', "")
        .parse()
        .with_context(|| format!("`{name} {value}` is not a number"))
}

/// Runs the command.
pub(crate) fn run(arguments: impl Iterator<Item = String>) -> Result<()> {
    let plan = LogRecipe::from_arguments(arguments)?;
    let mut out: Box<dyn Write> = if plan.output == "-" {
        Box::new(io::stdout().lock())
    } else {
        let file =
            File::create(&plan.output).with_context(|| format!("can't write `{}`", plan.output))?;
        Box::new(file)
    };
    let facts =
        write(&plan, out.as_mut()).with_context(|| format!("can't write `{}`", plan.output))?;
    io::stderr().write_all(facts.as_bytes())?;
    Ok(())
}

/// Writes the log; returns what it holds.
fn write(plan: &LogRecipe, out: &mut dyn Write) -> Result<String> {
    let (lines, seed) = (plan.lines, plan.seed);
    let mut facts = String::new();
    match plan.kind.as_str() {
        "fail2ban" => {
            let it = fail2ban_log(out, lines, seed)?;
            writeln!(
                facts,
                "lines {}\nfound {}\nbans {}\nunbans {}",
                it.lines, it.found, it.bans, it.unbans
            )?;
            writeln!(
                facts,
                "other_lines {}\naddresses {}",
                it.other_lines, it.addresses
            )?;
        }
        "access" => {
            let it = access_log(out, lines, seed)?;
            writeln!(
                facts,
                "lines {}\nprobes {}\naddresses {}",
                it.lines, it.probes, it.addresses
            )?;
        }
        _ => write_sshd_facts(&mut facts, &write_sshd(plan, out)?)?,
    }
    Ok(facts)
}

fn write_sshd(plan: &LogRecipe, out: &mut dyn Write) -> io::Result<SshdExpected> {
    let (lines, seed) = (plan.lines, plan.seed);
    match (plan.shape(), plan.addresses) {
        ("bursts", addresses) => sshd_bursts(out, lines, addresses, seed),
        ("drawn", addresses) => {
            let (addresses, users) = (addresses.unwrap_or(8_000), plan.users.unwrap_or(309));
            sshd_drawn(out, lines, addresses, users, seed)
        }
        ("unique", _) => sshd_unique(out, lines, seed),
        (_, Some(addresses)) => sshd_log_of(out, lines, addresses, seed),
        (_, None) => sshd_log(out, lines, seed),
    }
}

fn write_sshd_facts(facts: &mut String, it: &SshdExpected) -> Result<()> {
    writeln!(
        facts,
        "lines {}\nfailed_password_lines {}",
        it.lines, it.failed_password_lines
    )?;
    writeln!(facts, "failed_passwords {}", it.failed_passwords)?;
    writeln!(
        facts,
        "failed_password_addresses {}",
        it.failed_password_addresses
    )?;
    writeln!(
        facts,
        "addresses {}\naccepted_lines {}",
        it.addresses, it.accepted_lines
    )?;
    if let Some((address, count)) = &it.loudest {
        writeln!(facts, "loudest {address} {count}")?;
    }
    Ok(())
}

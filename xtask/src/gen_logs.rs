//! `cargo xtask gen-logs`: writes a log of any length from a seed, for benchmarks.
//!
//! `cargo xtask gen-logs --kind sshd|fail2ban|access --lines 1000000 --seed 1 -o FILE` (`-o -` is
//! standard output). `--addresses 50000` wants so many addresses of sshd's kind, which has one for each two hundred lines
//! otherwise. What the log holds goes to standard error, one `name value` a line.

use anyhow::{Context, Result, bail};
use rapsheet_sample::{access_log, fail2ban_log, sshd_log, sshd_log_of};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};

/// What the arguments ask for.
struct LogRecipe {
    kind: String,
    lines: u64,
    seed: u64,
    addresses: Option<u64>,
    output: String,
}

impl LogRecipe {
    fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut plan = Self {
            kind: "sshd".to_owned(),
            lines: 1_000_000,
            seed: 1,
            addresses: None,
            output: "-".to_owned(),
        };
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .with_context(|| format!("`{name}` needs a value"))?;
            match name.as_str() {
                "--kind" => plan.kind = value,
                "--lines" => plan.lines = number(&name, &value)?,
                "--seed" => plan.seed = number(&name, &value)?,
                "--addresses" => plan.addresses = Some(number(&name, &value)?),
                "-o" | "--output" => plan.output = value,
                _ => bail!(
                    "unknown argument `{name}`; there are --kind, --lines, --addresses, --seed and -o"
                ),
            }
        }
        Ok(plan)
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
    if !["sshd", "fail2ban", "access"].contains(&plan.kind.as_str()) {
        bail!(
            "unknown kind `{}`; there are sshd, fail2ban and access",
            plan.kind
        );
    }
    if plan.addresses.is_some() && plan.kind != "sshd" {
        bail!("only `--kind sshd` takes `--addresses`");
    }
    let mut out: Box<dyn Write> = if plan.output == "-" {
        Box::new(io::stdout().lock())
    } else {
        let file =
            File::create(&plan.output).with_context(|| format!("can't write `{}`", plan.output))?;
        Box::new(file)
    };
    let told =
        write(&plan, out.as_mut()).with_context(|| format!("can't write `{}`", plan.output))?;
    io::stderr().write_all(told.as_bytes())?;
    Ok(())
}

/// Writes the log; returns what it holds.
fn write(plan: &LogRecipe, out: &mut dyn Write) -> Result<String> {
    let (lines, seed) = (plan.lines, plan.seed);
    let mut told = String::new();
    match plan.kind.as_str() {
        "fail2ban" => {
            let it = fail2ban_log(out, lines, seed)?;
            writeln!(
                told,
                "lines {}\nfound {}\nbans {}\nunbans {}",
                it.lines, it.found, it.bans, it.unbans
            )?;
            writeln!(
                told,
                "other_lines {}\naddresses {}",
                it.other_lines, it.addresses
            )?;
        }
        "access" => {
            let it = access_log(out, lines, seed)?;
            writeln!(
                told,
                "lines {}\nprobes {}\naddresses {}",
                it.lines, it.probes, it.addresses
            )?;
        }
        _ => {
            let it = match plan.addresses {
                Some(addresses) => sshd_log_of(out, lines, addresses, seed)?,
                None => sshd_log(out, lines, seed)?,
            };
            writeln!(
                told,
                "lines {}\nfailed_password_lines {}",
                it.lines, it.failed_password_lines
            )?;
            writeln!(told, "failed_passwords {}", it.failed_passwords)?;
            writeln!(
                told,
                "failed_password_addresses {}",
                it.failed_password_addresses
            )?;
            writeln!(
                told,
                "addresses {}\naccepted_lines {}",
                it.addresses, it.accepted_lines
            )?;
            if let Some((address, count)) = it.loudest {
                writeln!(told, "loudest {address} {count}")?;
            }
        }
    }
    Ok(told)
}

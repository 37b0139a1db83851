//! Chores of the project that are programs: `cargo xtask CHORE`.

mod gen_logs;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("gen-logs") => gen_logs::run(arguments),
        Some(other) => bail!("unknown chore `{other}`; there is gen-logs"),
        None => bail!("which chore? there is gen-logs"),
//! Tasks of the project: `cargo xtask TASK`.

mod built_in_geo;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("built-in-geo") => built_in_geo::run(&arguments[1..]),
        _ => anyhow::bail!("unknown task; there is: built-in-geo"),
    }
}

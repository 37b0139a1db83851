//! Chores of the project that are programs: `cargo xtask CHORE`.

mod gen_logs;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("gen-logs") => gen_logs::run(arguments),
        Some(other) => bail!("unknown chore `{other}`; there is gen-logs"),
        None => bail!("which chore? there is gen-logs"),
    }
}

//! Chores of the project that are programs: `cargo xtask CHORE`.

mod built_in_geo;
mod gen_logs;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("gen-logs") => gen_logs::run(arguments),
        Some("built-in-geo") => built_in_geo::run(&arguments.collect::<Vec<_>>()),
        Some(other) => bail!("unknown chore `{other}`; there are: built-in-geo, gen-logs"),
        None => bail!("which chore? there are: built-in-geo, gen-logs"),
    }
}

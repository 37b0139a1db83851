//! Chores of the project that are programs: `cargo xtask CHORE`.

mod built_in_geo;
mod check_layout;
mod docs_tables;
mod gen_logs;
mod world_outlines;

use anyhow::{Result, bail};

const CHORES: &str = "built-in-geo, check-layout, docs-tables, gen-logs, world-outlines";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("gen-logs") => gen_logs::run(arguments),
        Some("built-in-geo") => built_in_geo::run(&arguments.collect::<Vec<_>>()),
        Some("world-outlines") => world_outlines::run(&arguments.collect::<Vec<_>>()),
        Some("check-layout") => check_layout::run(),
        Some("docs-tables") => docs_tables::run(arguments),
        Some(other) => bail!("unknown chore `{other}`; there are: {CHORES}"),
        None => bail!("which chore? there are: {CHORES}"),
    }
}

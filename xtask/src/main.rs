//! Tasks of the project: `cargo xtask TASK`.

mod built_in_geo;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("built-in-geo") => built_in_geo::run(&arguments[1..]),
        _ => anyhow::bail!("unknown task; there is: built-in-geo"),
    }
}

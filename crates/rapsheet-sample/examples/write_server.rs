//! Writes the made-up server's logs into a folder and prints what is in them: `-- FOLDER`.

use std::io::Write;
use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| PathBuf::from("made-up-server"), PathBuf::from);
    let server = rapsheet_sample::demo::write_server(&folder)?;
    writeln!(std::io::stdout(), "{:#?}", server.facts)
}

//! Builds the page in `web/` with npm into one file, which the crate embeds.
//!
//! `RAPSHEET_REPORT_PAGE` names a page that was built before, for builds without Node.js.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::exit,
    clippy::print_stderr
)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// What Vite asks for.
const OLDEST_NODE: (u32, u32) = (20, 19);

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let page = out.join("page.html");
    println!("cargo::rerun-if-env-changed=RAPSHEET_REPORT_PAGE");
    if let Some(built) = std::env::var_os("RAPSHEET_REPORT_PAGE") {
        println!("cargo::rerun-if-changed={}", Path::new(&built).display());
        if let Err(error) = std::fs::copy(&built, &page) {
            stop(&format!(
                "RAPSHEET_REPORT_PAGE names `{}`: {error}",
                Path::new(&built).display()
            ));
        }
        return;
    }
    let web = PathBuf::from(
        std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"),
    )
    .join("web");
    for part in [
        "src",
        "index.html",
        "package.json",
        "package-lock.json",
        "vite.config.ts",
        "tsconfig.json",
    ] {
        println!("cargo::rerun-if-changed={}", web.join(part).display());
    }
    check_node();
    install(&web);
    let folder = out.join("page");
    npm(
        &web,
        &[
            "run",
            "build",
            "--",
            "--outDir",
            &folder.to_string_lossy(),
            "--emptyOutDir",
        ],
    );
    if let Err(error) = std::fs::copy(folder.join("index.html"), &page) {
        stop(&format!("the report page was not built: {error}"));
    }
}

/// Says clearly what is missing.
fn check_node() {
    let output = Command::new("node").arg("--version").output();
    let version = output
        .ok()
        .filter(|output| output.status.success())
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let number = version.as_deref().and_then(|version| {
        let mut parts = version.trim_start_matches('v').split('.');
        let mut part = || parts.next()?.parse::<u32>().ok();
        Some((part()?, part()?))
    });
    let oldest = oldest();
    match (number, version) {
        (Some(number), _) if number >= OLDEST_NODE => {}
        (_, Some(version)) => stop(&format!(
            "the report page is built with Node.js {oldest} or newer, and `node --version` says {version}"
        )),
        _ => stop(&format!(
            "the report page is built with Node.js {oldest} or newer, and there is no `node`: install `nodejs` and `npm`, or set RAPSHEET_REPORT_PAGE to a built page"
        )),
    }
}

fn oldest() -> String {
    format!("{}.{}", OLDEST_NODE.0, OLDEST_NODE.1)
}

/// Fetches the libraries that `package-lock.json` names, where that has not been done.
fn install(web: &Path) {
    let lock = web.join("package-lock.json");
    let installed = web.join("node_modules/.package-lock.json");
    let time = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|metadata| metadata.modified())
            .ok()
    };
    if time(&installed).is_some_and(|done| time(&lock).is_none_or(|locked| done >= locked)) {
        return;
    }
    npm(web, &["ci", "--no-audit", "--no-fund"]);
}

fn npm(web: &Path, arguments: &[&str]) {
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    match Command::new(program)
        .args(arguments)
        .current_dir(web)
        .output()
    {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let text = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            stop(&format!(
                "`npm {}` failed in {}:\n{text}",
                arguments.join(" "),
                web.display()
            ));
        }
        Err(error) => stop(&format!(
            "`npm` cannot be run ({error}): install Node.js {} or newer with npm, or set RAPSHEET_REPORT_PAGE to a built page",
            oldest()
        )),
    }
}

fn stop(message: &str) -> ! {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1);
}

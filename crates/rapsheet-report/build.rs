//! Builds the page in `web/` with npm into one file, which the crate embeds.
//!
//! `RAPSHEET_REPORT_PAGE` names a page that was built before. Without Node.js and without that, everything but the report is built,
//! and a warning says so.

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
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

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
    if let Some(missing) = missing_node() {
        println!(
            "cargo::warning=built without the report page, so `rapsheet report` will not work: {missing}"
        );
        std::fs::write(&page, "").expect("OUT_DIR can be written");
        return;
    }
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

/// Says what of Node.js is missing; absent where all is there.
fn missing_node() -> Option<String> {
    let oldest = oldest();
    let Some(version) = version_of("node") else {
        return Some(format!(
            "there is no `node`; install Node.js {oldest} or newer with npm"
        ));
    };
    let mut parts = version.trim_start_matches('v').split('.');
    let mut part = || parts.next()?.parse::<u32>().ok();
    if part().zip(part()).is_none_or(|number| number < OLDEST_NODE) {
        return Some(format!(
            "`node --version` says {version}; Node.js {oldest} or newer is needed"
        ));
    }
    match version_of(NPM) {
        Some(_) => None,
        None => Some("there is no `npm`; install it".to_owned()),
    }
}

/// What a program says of its version; absent where it isn't there.
fn version_of(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    output.status.success().then_some(version)
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
    match Command::new(NPM).args(arguments).current_dir(web).output() {
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
        Err(error) => stop(&format!("`npm` cannot be run: {error}")),
    }
}

fn stop(message: &str) -> ! {
    for line in message.lines() {
        println!("cargo::error={line}");
    }
    std::process::exit(1);
}

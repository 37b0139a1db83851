//! `rapsheet demo`: a small made-up server's logs, and the main job on them.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rapsheet_geo::{MmdbHead, write_mmdb};
use rapsheet_read::EventsWish;
use rapsheet_sample::demo::{places, write_server};
use serde_json::{Value, json};

use crate::arguments::{
    CommonArguments, DemoArguments, InputArguments, InputFormat, SummaryArguments,
};
use crate::command::summary;
use crate::known::Known;
use crate::plan::Plan;
use crate::printer::Printer;
use crate::run::{open_geo, run as read};
use crate::terminal::{shows_progress, style};

/// The database that places the made-up networks.
const DATABASE: &str = "rapsheet-demo-City.mmdb";
/// 2026-01-04, the end of the demo's story.
const BUILD_EPOCH: u64 = 1_767_484_800;

/// Writes the server and reads it.
pub(crate) fn run(
    arguments: &DemoArguments,
    common: &CommonArguments,
    printer: &Printer,
) -> Result<()> {
    let temporary;
    let folder: &Path = match &arguments.folder {
        Some(folder) => folder,
        None => {
            temporary = tempfile::Builder::new()
                .prefix("rapsheet-demo-")
                .tempdir()
                .context("cannot make a temporary folder")?;
            temporary.path()
        }
    };
    let server = write_server(folder)
        .with_context(|| format!("cannot write the demo into `{}`", folder.display()))?;
    let database = folder.join(DATABASE);
    std::fs::write(&database, demo_database()?)
        .with_context(|| format!("cannot write `{}`", database.display()))?;
    let mut plan = Plan::new(&input(server.files, &database), common)?;
    // The made-up server knows nobody, whoever is known on this machine.
    plan.known = Known::default();
    plan.paths.sort();
    let geo = open_geo(&plan, printer);
    let run = read(plan, geo, EventsWish::None, shows_progress(common), printer)?;
    summary::write(&run, style(common), &SummaryArguments::default(), printer)?;
    if arguments.folder.is_some() {
        let folder = folder.display();
        printer.note(&format!("the made-up server is in `{folder}`"));
        printer.hint(&format!(
            "try `rapsheet show 203.0.113.66 {folder} --geo {} --timezone UTC`",
            database.display()
        ));
    } else {
        printer
            .hint("`rapsheet demo DIR` keeps the made-up logs, to try the other commands on them");
    }
    Ok(())
}

fn input(paths: Vec<PathBuf>, database: &Path) -> InputArguments {
    InputArguments {
        paths,
        since: None,
        until: None,
        last: None,
        timezone: Some("UTC".to_owned()),
        show_timezone: None,
        year: None,
        input_format: InputFormat::Auto,
        known: None,
        geo: vec![database.to_owned()],
        cache: None,
        answers_from: None,
        locale: None,
        no_geo: false,
        threads: None,
        memory: None,
    }
}

/// A small database in MaxMind's schema that places the made-up networks.
fn demo_database() -> Result<Vec<u8>> {
    let mut networks = Vec::new();
    for place in places() {
        let record: Value = json!({
            "country": { "iso_code": place.country_iso_code, "names": { "en": place.country_name } },
            "city": { "names": { "en": place.city_name } },
            "location": { "latitude": place.latitude, "longitude": place.longitude, "accuracy_radius": 20 },
            "traits": {
                "autonomous_system_number": place.autonomous_system_number,
                "autonomous_system_organization": place.autonomous_system_organization,
                "user_type": place.user_type,
            },
        });
        networks.push((place.network.parse()?, record));
    }
    let head = MmdbHead {
        database_type: "rapsheet-demo-City",
        description: "made-up places of documentation addresses",
        build_epoch: BUILD_EPOCH,
        ip_version: 6,
    };
    Ok(write_mmdb(&head, &networks)?)
}

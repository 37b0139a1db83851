//! `rapsheet geo update`: fetches databases and keeps them current. It says whom it talks to, since it is one of the two commands
//! that use the network.

use anyhow::{Result, bail};
use rapsheet_geo::{
    CredentialSources, DB_IP_ATTRIBUTION, UpdateOptions, UpdateOutcome, UpdatePlan, Updated,
    usual_folders,
};

use crate::arguments::GeoUpdateArguments;
use crate::geo_sources::http_options;
use crate::printer::Printer;

/// Updates.
pub(crate) fn run(arguments: &GeoUpdateArguments, printer: &Printer) -> Result<()> {
    let http = http_options(
        arguments.ca_file.as_deref(),
        arguments.geoip_conf.as_deref(),
    )?;
    if let Some(proxy) = &http.proxy {
        printer.note(&format!("asks through the proxy {proxy}"));
    }
    let plan = UpdatePlan::new(&UpdateOptions {
        directory: arguments.directory.clone(),
        editions: arguments.edition.clone(),
        host: arguments.host.clone(),
        credentials: CredentialSources {
            account_id_file: arguments.account_id_file.clone(),
            license_key_file: arguments.license_key_file.clone(),
            geoip_conf: arguments.geoip_conf.clone(),
        },
        http,
    })?;
    for remark in &plan.remarks {
        printer.note(remark);
    }
    let credentials = plan
        .credentials_from()
        .map(|place| format!(" with the account from {place}"))
        .unwrap_or_default();
    printer.note(&format!(
        "asks {}{credentials} about {}; files go to `{}`",
        plan.hosts().join(" and "),
        plan.editions.join(", "),
        plan.directory.display()
    ));
    let mut done = 0;
    plan.run(arguments.dry_run, &mut |result| match result {
        Ok(updated) => {
            done += 1;
            printer.note(&line(&updated));
        }
        Err(error) => {
            let text = error.to_string();
            let (message, hint) = match text.split_once("\nhint: ") {
                Some((message, hint)) => (message, Some(hint)),
                None => (text.as_str(), None),
            };
            printer.error(message, hint);
        }
    })?;
    if done == 0 {
        bail!("no database was updated");
    }
    if plan.is_db_ip() {
        printer.note(&format!("show beside its answers: {DB_IP_ATTRIBUTION}"));
    }
    if !usual_folders().contains(&plan.directory) {
        printer.hint(&format!(
            "later runs don't look in this folder by themselves; name it with `--geo {}`",
            plan.directory.display()
        ));
    }
    Ok(())
}

fn line(updated: &Updated) -> String {
    let Updated {
        edition,
        path,
        date,
        outcome,
    } = updated;
    match outcome {
        UpdateOutcome::Current => format!("{edition}: up to date ({date})"),
        UpdateOutcome::Replaced => format!("{edition}: updated to {date}, `{}`", path.display()),
        UpdateOutcome::Available => format!("{edition}: would be updated to {date}"),
    }
}

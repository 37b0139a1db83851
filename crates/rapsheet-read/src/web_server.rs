//! Whose an access log is: Apache and nginx write the same forms, so the name of the file or a folder tells, or the error log beside
//! it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rapsheet_parse::Reading;
use rapsheet_schema::Dataset;

use crate::enclosed::Envelope;
use crate::item::Item;
use crate::source::{Place, Source};

/// Finds whose the access logs are.
pub(crate) fn find(sources: &mut [Source]) {
    // Of each folder: the server whose error logs are there; none where there are those of two.
    let mut folders: HashMap<PathBuf, Option<Dataset>> = HashMap::new();
    for source in sources.iter() {
        let server = match source.probe.dataset {
            Some(Dataset::NginxError) => Dataset::NginxAccess,
            Some(Dataset::ApacheError) => Dataset::ApacheAccess,
            _ => continue,
        };
        if let Some(folder) = folder_of(source) {
            folders
                .entry(folder.to_owned())
                .and_modify(|known| *known = known.filter(|known| *known == server))
                .or_insert(Some(server));
        }
    }
    for source in sources {
        let Place::File(path) = &source.place else {
            continue;
        };
        source.web_server = by_name(path)
            .or_else(|| is_nginx_container(source).then_some(Dataset::NginxAccess))
            .or_else(|| folders.get(folder_of(source)?).copied().flatten());
    }
}

/// Whether a container's output holds what nginx says of errors: it has nothing else to say.
fn is_nginx_container(source: &Source) -> bool {
    let is_container = matches!(source.probe.envelope(), Envelope::Container { .. });
    is_container && source.probe.web.has_nginx()
}

fn folder_of(source: &Source) -> Option<&Path> {
    match &source.place {
        Place::File(path) => path.parent(),
        _ => None,
    }
}

/// Finds the server in the name of a file, or of the nearest folder that names one.
fn by_name(path: &Path) -> Option<Dataset> {
    let name = path.file_name()?.to_string_lossy();
    // What Apache's own configuration and Debian's call it. Tomcat's name is much the same.
    let is_tomcats = name.starts_with("localhost_access_log");
    if name.contains("access_log") && !is_tomcats || name.starts_with("other_vhosts_access") {
        return Some(Dataset::ApacheAccess);
    }
    path.ancestors().find_map(|part| {
        let name = part.file_name()?.to_string_lossy().to_ascii_lowercase();
        let nginx = name.contains("nginx") || name.contains("openresty");
        let apache = name.contains("apache") || name.contains("httpd") && !is_another(&name);
        match (nginx, apache) {
            (true, false) => Some(Dataset::NginxAccess),
            (false, true) => Some(Dataset::ApacheAccess),
            _ => None,
        }
    })
}

/// Whether a name is of a server that is neither, and whose name holds that of one.
fn is_another(name: &str) -> bool {
    ["lighttpd", "thttpd", "mini_httpd", "openhttpd"]
        .iter()
        .any(|other| name.contains(other))
}

/// Names the server of requests.
pub(crate) fn name(items: &mut [Item<'_>], server: Dataset) {
    for item in items {
        if let Reading::Event(event) = &mut item.line.reading
            && event.event_dataset == Dataset::WebAccess
        {
            event.event_dataset = server;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_server() {
        for (path, server) in [
            ("/var/log/nginx/access.log", Some(Dataset::NginxAccess)),
            ("logs/nginx-access.log.1.gz", Some(Dataset::NginxAccess)),
            ("/var/log/httpd/ssl_access_log", Some(Dataset::ApacheAccess)),
            ("access_log-20251012", Some(Dataset::ApacheAccess)),
            ("other_vhosts_access.log", Some(Dataset::ApacheAccess)),
            ("/var/log/apache2/shop/a.log", Some(Dataset::ApacheAccess)),
            ("from-nginx/apache2/a.log", Some(Dataset::ApacheAccess)),
            ("apache-and-nginx/a.log", None),
            ("access.log", None),
            ("/var/log/lighttpd/access.log", None),
            ("localhost_access_log.2026-01-01.txt", None),
        ] {
            assert_eq!(by_name(Path::new(path)), server, "{path}");
        }
    }
}

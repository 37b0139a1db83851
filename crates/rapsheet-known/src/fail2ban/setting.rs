//! One setting and where it stands: of fail2ban's files, or of what its client prints.

/// The settings that are read.
const NAMES: [&str; 7] = [
    "ignoreip",
    "enabled",
    "maxretry",
    "findtime",
    "bantime",
    "bantime.increment",
    "mode",
];

/// One setting of one jail.
#[derive(Debug)]
pub(super) struct Setting {
    /// The section: a jail, or `DEFAULT`.
    pub(super) jail: String,
    pub(super) name: String,
    /// Its words, and the line of each.
    pub(super) values: Vec<(String, usize)>,
    pub(super) origin: String,
}

/// The settings of a text, in its order.
pub(super) fn settings_of(text: &str, origin: &str) -> Vec<Setting> {
    if text.starts_with("['") {
        dumped(text, origin)
    } else {
        written(text, origin)
    }
}

/// Reads a file of sections.
fn written(text: &str, origin: &str) -> Vec<Setting> {
    let mut all: Vec<Setting> = Vec::new();
    let mut section = String::new();
    let mut goes_on = false;
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        // A line that is indented carries on the setting before it.
        if line.starts_with([' ', '\t']) {
            if goes_on && let Some(setting) = all.last_mut() {
                setting.values.extend(values_of(trimmed, index + 1));
            }
            continue;
        }
        goes_on = false;
        if let Some(name) = trimmed
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
        {
            name.0.trim().clone_into(&mut section);
            continue;
        }
        let Some((name, values)) = trimmed.split_once(['=', ':']) else {
            continue;
        };
        let name = name.trim();
        if NAMES.contains(&name) && !section.is_empty() {
            goes_on = true;
            // A time may be of several words: `1h 30m`.
            let values = match name {
                "ignoreip" => values_of(values, index + 1),
                _ => vec![(without_remark(values).trim().to_owned(), index + 1)],
            };
            all.push(Setting {
                jail: section.clone(),
                name: name.to_owned(),
                values,
                origin: origin.to_owned(),
            });
        }
    }
    all
}

/// Reads lists of Python as the client prints them, one a line: `['set', 'sshd', 'maxretry', 5]`.
fn dumped(text: &str, origin: &str) -> Vec<Setting> {
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(list) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        else {
            continue;
        };
        let words: Vec<&str> = list
            .split(", ")
            .map(|word| word.trim_matches(['\'', '"']))
            .collect();
        let (jail, name, values) = match words.as_slice() {
            ["start", jail] => (jail, "enabled", &["true"][..]),
            ["set", jail, "addignoreip", values @ ..] => (jail, "ignoreip", values),
            ["set", jail, name, value @ ..] if NAMES.contains(name) => (jail, *name, value),
            _ => continue,
        };
        all.push(Setting {
            jail: (*jail).to_owned(),
            name: name.to_owned(),
            values: values
                .iter()
                .map(|value| ((*value).to_owned(), index + 1))
                .collect(),
            origin: origin.to_owned(),
        });
    }
    all
}

/// What stands before a remark at the end of a line.
fn without_remark(text: &str) -> &str {
    let text = text.split(" #").next().unwrap_or_default();
    text.split(" ;").next().unwrap_or_default()
}

/// What stands between blanks and commas, up to a remark.
fn values_of(text: &str, line: usize) -> Vec<(String, usize)> {
    without_remark(text)
        .split([' ', '\t', ','])
        .filter(|value| !value.is_empty())
        .map(|value| (value.to_owned(), line))
        .collect()
}

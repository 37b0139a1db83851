//! Every shipped file keeps to the SQL that all engines speak with the same meaning, and has its place in the catalog.

use std::path::{Path, PathBuf};

use rapsheet_query::{Query, queries};

/// What runs elsewhere with another meaning, or not at all.
const REFUSED: &[&str] = &[
    "approx_count_distinct",
    "approx_distinct",
    "approx_percentile_cont",
    "array_to_string",
    "date_bin",
    "date_format",
    "date_part",
    "div",
    "explode",
    "listagg",
    "log",
    "max_by",
    "min_by",
    "qualify",
    "regexp_extract",
    "regexp_replace",
    "rlike",
    "round",
    "sha256",
    "starts_with",
    "string_agg",
    "strpos",
    "to_char",
    "to_unixtime",
    "unix_timestamp",
    "unnest",
    "varchar",
    "concat",
    "epoch",
    "second_of",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("queries")
}

fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for part in std::fs::read_dir(folder()).unwrap() {
        for file in std::fs::read_dir(part.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(folder()).unwrap().with_extension("");
            let text = std::fs::read_to_string(&path).unwrap();
            files.push((name.to_str().unwrap().to_owned(), text));
        }
    }
    files.sort();
    files
}

/// Words in lower case, numbers, operators and literals (which keep their quotes); comments fall away.
fn tokens(sql: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '\'' {
            2 + rest[1..].find('\'').expect("a literal that ends")
        } else if first.is_ascii_alphanumeric() || first == '_' || first == '$' {
            let end = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '$');
            rest.find(end).unwrap_or(rest.len())
        } else if rest.starts_with("||") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !token.starts_with("--") && !token.trim().is_empty() {
            let literal = token.starts_with('\'');
            tokens.push(if literal {
                token.to_owned()
            } else {
                token.to_lowercase()
            });
        }
        rest = after;
    }
    tokens
}

/// Finds what a file must not hold.
fn faults(sql: &str) -> Vec<String> {
    let tokens = tokens(sql);
    let mut faults = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1).map_or("", String::as_str);
        let previous = if index == 0 { "" } else { &tokens[index - 1] };
        let called = next == "(";
        if REFUSED.contains(&token.as_str())
            && (called || !matches!(token.as_str(), "log" | "second_of"))
        {
            faults.push(format!("`{token}` is not portable"));
        }
        match token.as_str() {
            "\"" | "`" | "~" | "[" | ";" => faults.push(format!("`{token}` is not portable")),
            // The two shapes that mean the same everywhere: a double on the left.
            "/" if !(previous == ")" && next == "nullif") => {
                faults.push("`/` of whole numbers".to_owned())
            }
            "second" if previous == "(" => faults.push("extract(second)".to_owned()),
            "bigint" if previous == "as" && tokens[index.saturating_sub(3)] == "timestamp" => {
                faults.push("a time as a number".to_owned());
            }
            "escape" => faults.push("LIKE … ESCAPE".to_owned()),
            "all" if previous == "by" => faults.push("GROUP BY ALL".to_owned()),
            "*" if matches!(previous, "select" | "," | "." | "all" | "distinct") => {
                faults.push("name the columns".to_owned())
            }
            literal
                if literal.starts_with('\'')
                    && (literal.contains('\\')
                        || literal.contains("[:")
                        || next.starts_with('\'')) =>
            {
                faults.push(format!("the literal {literal}"));
            }
            number if number.starts_with(|c: char| c.is_ascii_digit()) && next == "." => {
                faults.push("write 1e0, not 1.0".to_owned());
            }
            _ => {}
        }
        if token == "limit" && !tokens[..index].contains(&"order".to_owned()) {
            faults.push("LIMIT without ORDER BY".to_owned());
        }
    }
    faults
}

#[test]
fn the_lint_sees_what_it_has_to_see() {
    for bad in [
        "SELECT a / b AS c FROM t",
        "SELECT unnest(a) AS b FROM t",
        "SELECT \"a\" FROM t",
        "SELECT a[1] AS b FROM t",
        "SELECT 'a\\b' AS c",
        "SELECT 'o''brien' AS c",
        "SELECT a ~ 'x' AS b FROM t",
        "SELECT log(a) AS b FROM t",
        "SELECT 1.5 AS a",
        "SELECT * FROM t",
        "SELECT a FROM t LIMIT 5",
        "SELECT extract(second FROM t) AS s FROM x",
        "SELECT a FROM t WHERE a LIKE 'x!%' ESCAPE '!'",
        "SELECT round(a, 2) AS b FROM t",
        "SELECT CAST(a AS VARCHAR) AS b FROM t",
        "SELECT concat(a, b) AS c FROM t",
    ] {
        assert_ne!(faults(bad), Vec::<String>::new(), "{bad}");
    }
    for good in [
        "-- a / b, unnest(x)\nSELECT count(*) AS n FROM t",
        "SELECT CAST(a AS DOUBLE) / nullif(b, 0) AS c FROM t",
        "SELECT 'a / b; unnest' AS c",
        "SELECT a FROM t ORDER BY a LIMIT $limit",
        "SELECT concat_ws(', ', a, b) AS c FROM t",
    ] {
        assert_eq!(faults(good), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn shipped_files_are_portable() {
    let all: Vec<String> = files()
        .iter()
        .flat_map(|(name, sql)| {
            faults(sql)
                .into_iter()
                .map(move |fault| format!("{name}: {fault}"))
        })
        .collect();
    assert_eq!(all, Vec::<String>::new());
}

#[test]
fn folder_and_catalog_agree() {
    let names: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, queries().collect::<Vec<_>>());
}

#[test]
fn every_file_says_what_it_answers_and_declares_its_parameters() {
    for (name, sql) in files() {
        assert!(sql.starts_with("-- "), "{name} has no comment on top");
        let query = Query::shipped(&name).unwrap();
        let declared: Vec<String> = query
            .parameters()
            .iter()
            .map(|(name, _)| format!("${name}"))
            .collect();
        let mut used: Vec<String> = tokens(&sql)
            .into_iter()
            .filter(|token| token.starts_with('$'))
            .collect();
        used.sort();
        used.dedup();
        assert_eq!(declared, used, "{name}");
    }
}

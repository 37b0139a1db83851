//! Web logs of others.
use rapsheet_parse::{Arena, Input, Reading, parse_line};
use std::collections::BTreeMap;

#[test]
fn scratch() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/web");
    for entry in std::fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        let (mut n, mut bad, mut susp) = (0, 0, BTreeMap::<String, Vec<String>>::new());
        for line in text.lines() {
            n += 1;
            let arena = Arena::new();
            match parse_line(line, Input::Auto, &arena).reading {
                Reading::Event(e) => {
                    if e.suspicious {
                        susp.entry(e.reason.unwrap().to_string())
                            .or_default()
                            .push(line.to_owned());
                    }
                }
                _ => {
                    bad += 1;
                    println!("BAD {line}");
                }
            }
        }
        println!("{} {n} bad {bad}", path.display());
        for (k, v) in susp {
            println!("  {k}: {}", v.len());
            for l in v.iter().take(6) {
                println!("     {}", l.chars().take(250).collect::<String>());
            }
        }
    }
}

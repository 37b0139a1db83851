//! The summary's blocks at three widths.

use rapsheet_output::safe_text::width;
use rapsheet_output::terminal::{Bar, DayHours, Ranked, RankedHead, RankedRow, Timeline};
use rapsheet_output::{Level, Page, Style, Tone};

fn page(style: Style) -> String {
    let mut bytes = Vec::new();
    let mut page = Page::new(&mut bytes, style);
    page.heading("Did anyone get in").unwrap();
    let evidence = [
        "12 failed logins as admin before, then password accepted at 2026-01-31 13:45:10".into(),
    ];
    let statement = "192.0.2.10 logged in as root\u{1b}[2J after 1,204 failures in 3 h 20 min";
    page.finding(Level::Danger, statement, &evidence).unwrap();
    page.finding(Level::Good, "no other address got in", &[])
        .unwrap();
    page.heading("Totals").unwrap();
    let facts = [
        ("attempts", "12,345 from 678 addresses".to_owned()),
        ("first – last", "2026-01-01 – 2026-01-31".to_owned()),
    ];
    page.facts(&facts).unwrap();
    page.heading("Addresses").unwrap();
    page.ranked(&addresses()).unwrap();
    page.heading("When").unwrap();
    let mut counts = [[0; 24]; 7];
    for (day, hours) in counts.iter_mut().enumerate() {
        for (hour, count) in hours.iter_mut().enumerate() {
            *count = (day * hour * 7) as u64;
        }
    }
    let hours = DayHours {
        counts,
        unit: "attempts",
        zone: "UTC",
    };
    page.day_hour_chart(&hours).unwrap();
    page.blank().unwrap();
    let counts: Vec<u64> = (0..90).map(|day: u64| (day * day) % 97).collect();
    let timeline = Timeline {
        counts: &counts,
        bucket_seconds: 86_400,
        first: "2026-01-01",
        last: "2026-03-31",
        unit: "attempts",
    };
    page.timeline_chart(&timeline).unwrap();
    page.heading("Missing").unwrap();
    let bar = |name: &str, part| Bar {
        name: name.to_owned(),
        part,
        whole: 1000,
    };
    page.bar_chart(&[
        bar("city_name", 612),
        bar("country_iso_code", 4),
        bar("traits_user_type", 1000),
        bar("continent_code", 0),
    ])
    .unwrap();
    page.paragraph(
        Tone::Dim,
        "Coverage: every line of 4 files is accounted for; 3 lines in 2 shapes were not understood",
    )
    .unwrap();
    String::from_utf8(bytes).unwrap()
}

fn addresses() -> Ranked {
    let row = |ip: &str, country: &str, network: &str, count, tone| RankedRow {
        cells: vec![ip.to_owned(), country.to_owned(), network.to_owned()],
        count,
        tone,
    };
    Ranked {
        heads: vec![
            RankedHead::address("address"),
            RankedHead::text("in"),
            RankedHead::text("network"),
        ],
        unit: "attempts".to_owned(),
        rows: vec![
            row(
                "192.0.2.10",
                "NA",
                "AS64500 Example Hosting",
                12_345,
                Tone::Danger,
            ),
            row(
                "2001:db8:1234:5678:9abc:def0:1234:5678",
                "DE",
                "AS64501 Beispiel\u{202e} Netz GmbH & Co. KG",
                812,
                Tone::Plain,
            ),
            row("203.0.113.7", "", "", 3, Tone::Plain),
        ],
        whole: Some(20_000),
        more: 1_675,
    }
}

fn style(width: usize, unicode: bool, color: bool) -> Style {
    Style {
        width,
        color,
        unicode,
    }
}

#[test]
fn page_at_80() {
    insta::assert_snapshot!(page(style(80, true, false)));
}

#[test]
fn page_at_80_in_ascii() {
    let shown = page(style(80, false, false));
    assert!(shown.is_ascii(), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn page_at_40() {
    insta::assert_snapshot!(page(style(40, true, false)));
}

#[test]
fn page_at_120() {
    insta::assert_snapshot!(page(style(120, true, false)));
}

#[test]
fn every_width_holds() {
    for wide in 30..200 {
        for unicode in [true, false] {
            for line in page(style(wide, unicode, false)).lines() {
                assert!(width(line) <= wide, "{} > {wide}: {line}", width(line));
            }
        }
    }
}

#[test]
fn colours_change_no_letter() {
    let plain = page(style(80, true, false));
    let mut colored = page(style(80, true, true));
    assert!(colored.contains("\u{1b}[1;31m"));
    for code in ["0", "1", "1;31", "33", "32", "2"] {
        colored = colored.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(colored, plain);
}

#[test]
fn users_have_bars() {
    let names = [
        ("root", 12_345),
        ("admin", 812),
        ("jos\u{e9}", 97),
        ("x from 203.0.113.9 port 1 ssh2", 1),
    ];
    let row = |(name, count): (&str, u64)| RankedRow {
        cells: vec![name.to_owned()],
        count,
        tone: Tone::Plain,
    };
    let table = Ranked {
        heads: vec![RankedHead::text("user")],
        unit: "attempts".to_owned(),
        rows: names.map(row).into(),
        whole: Some(20_000),
        more: 0,
    };
    let mut bytes = Vec::new();
    Page::new(&mut bytes, style(80, true, false))
        .ranked(&table)
        .unwrap();
    Page::new(&mut bytes, style(50, false, false))
        .ranked(&table)
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
}

#[test]
fn a_table_says_how_many_of_its_heads_are_shown() {
    let shown = |width| {
        let mut bytes = Vec::new();
        let mut page = Page::new(&mut bytes, style(width, true, false));
        page.ranked(&addresses()).unwrap()
    };
    assert_eq!(shown(120), 3);
    assert_eq!(shown(40), 1);
}

#[test]
fn few_buckets_are_wide() {
    let mut bytes = Vec::new();
    let mut page = Page::new(&mut bytes, style(40, true, false));
    let timeline = Timeline {
        counts: &[1, 0, 8],
        bucket_seconds: 3_600,
        first: "2026-01-31 10:00",
        last: "2026-01-31 12:00",
        unit: "attempts",
    };
    page.timeline_chart(&timeline).unwrap();
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
}

#[test]
fn a_single_attempt_is_one() {
    let mut bytes = Vec::new();
    let mut page = Page::new(&mut bytes, Style::default());
    let timeline = Timeline {
        counts: &[1],
        bucket_seconds: 3_600,
        first: "2026-01-31 10:00",
        last: "2026-01-31 10:00",
        unit: "attempts",
    };
    page.timeline_chart(&timeline).unwrap();
    let shown = String::from_utf8(bytes).unwrap();
    assert!(shown.contains("highest bar: 1 attempt in 1 h\n"), "{shown}");
}

#[test]
fn nothing_to_show_is_said() {
    let mut bytes = Vec::new();
    let mut page = Page::new(&mut bytes, Style::default());
    let hours = DayHours {
        counts: [[0; 24]; 7],
        unit: "attempts",
        zone: "UTC",
    };
    page.day_hour_chart(&hours).unwrap();
    let timeline = Timeline {
        counts: &[],
        bucket_seconds: 0,
        first: "",
        last: "",
        unit: "attempts",
    };
    page.timeline_chart(&timeline).unwrap();
    page.ranked(&Ranked::default()).unwrap();
    page.bar_chart(&[]).unwrap();
    page.facts(&[]).unwrap();
    let shown = String::from_utf8(bytes).unwrap();
    assert!(shown.contains("no attempts"), "{shown}");
}

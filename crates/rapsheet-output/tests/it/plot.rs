//! Pictures: hostile names, sizes, and the same bytes for the same input.

use rapsheet_output::plot::{
    BarRow, Bars, Caption, Circle, Look, Picture, Shade, Theme, WorldMap, png, svg,
};

fn bars(name: &str) -> Picture {
    Picture::Bars(Bars {
        unit: "attempts".to_owned(),
        series: Vec::new(),
        rows: vec![BarRow {
            name: name.to_owned(),
            note: "3 addresses".to_owned(),
            counts: vec![1_234],
        }],
        more: 0,
    })
}

fn caption() -> Caption {
    Caption {
        title: "Attempts by user name".to_owned(),
        subtitle: "1,234 attempts".to_owned(),
        foot: vec!["made up".to_owned()],
    }
}

#[test]
fn hostile_names_are_text_and_short() {
    for name in [
        "</text><script>alert(1)</script>",
        "\x1b[31m\u{202e}x\0",
        "a&b\"'",
    ] {
        let document = svg(&bars(name), &caption(), &Look::default()).unwrap();
        assert!(!document.contains("<script"), "{document}");
        assert!(!document.contains(['\x1b', '\u{202e}', '\0']), "{document}");
        assert!(png(&document).is_ok(), "{name:?} is no XML:\n{document}");
    }
    let document = svg(&bars(&"x".repeat(10_000)), &caption(), &Look::default()).unwrap();
    assert!(
        document.len() < 10_000 && document.contains('…'),
        "{document}"
    );
}

#[test]
fn a_png_has_the_wanted_size_and_is_not_blank() {
    let look = Look {
        width: Some(640),
        height: Some(400),
        theme: Theme::Dark,
        own_font: true,
    };
    let map = Picture::Map(WorldMap {
        circles: vec![Circle {
            longitude: 8.5,
            latitude: 47.4,
            attempts: 10,
        }],
        shades: vec![Shade {
            country: "BR".to_owned(),
            attempts: 5,
        }],
    });
    let draw = || png(&svg(&map, &caption(), &look).unwrap()).unwrap();
    let bytes = draw();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(&bytes[16..24], [0, 0, 2, 128, 0, 0, 1, 144]);
    assert!(
        bytes.len() > 10_000,
        "{} bytes are a blank picture",
        bytes.len()
    );
    assert_eq!(bytes, draw());
}

#[test]
fn no_outline_runs_across_the_map() {
    let map = Picture::Map(WorldMap::default());
    let document = svg(&map, &caption(), &Look::default()).unwrap();
    for line in document.lines().filter(|line| line.contains("<polyline")) {
        let points = line.split("points=\"").nth(1).unwrap();
        let across: Vec<i32> = points
            .split([' ', '"'])
            .filter_map(|point| point.split(',').next()?.parse().ok())
            .collect();
        let farthest = across
            .windows(2)
            .map(|pair| (pair[0] - pair[1]).abs())
            .max();
        assert!(farthest.unwrap_or(0) < 6_000, "{line}");
    }
}

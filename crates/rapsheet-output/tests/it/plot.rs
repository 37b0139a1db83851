//! Pictures: hostile names, sizes, and the same bytes for the same input.

use rapsheet_output::Error;
use rapsheet_output::plot::{
    BarRow, Bars, Caption, Circle, Hours, Look, MissingColumn, MissingColumns, MissingTable,
    Picture, Series, Shade, StackedTimeline, Theme, TimeTick, WorldMap, png, svg,
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

fn timeline(buckets: usize) -> Picture {
    Picture::Timeline(StackedTimeline {
        series: vec![Series {
            name: "sshd".to_owned(),
            counts: vec![7; buckets],
        }],
        bucket_seconds: 3600,
        ticks: vec![
            TimeTick {
                at: 0.0,
                text: "2026-01-02 03:00".to_owned(),
            },
            TimeTick {
                at: buckets as f64,
                text: "2026-01-02 04:00".to_owned(),
            },
        ],
        unit: "attempts".to_owned(),
        zone: "UTC".to_owned(),
    })
}

#[test]
fn a_time_line_of_one_hour_names_its_begin() {
    let document = svg(&timeline(1), &caption(), &Look::default()).unwrap();
    assert!(document.contains("2026-01-02 03:00"), "{document}");
}

#[test]
fn a_picture_without_room_for_its_labels_says_what_size_has() {
    let columns = (0..30).map(|at| MissingColumn {
        name: format!("a_column_with_a_name_{at}"),
        absent: at,
    });
    let pictures = [
        bars("root"),
        timeline(24),
        Picture::Hours(Box::new(Hours {
            counts: [[3; 24]; 7],
            unit: "attempts".to_owned(),
            zone: "UTC".to_owned(),
        })),
        Picture::Map(WorldMap::default()),
        Picture::Missing(MissingColumns {
            tables: vec![MissingTable {
                name: "details".to_owned(),
                rows: 40,
                columns: columns.collect(),
            }],
        }),
    ];
    let small = Look {
        width: Some(200),
        height: Some(110),
        ..Look::default()
    };
    for picture in pictures {
        let error = svg(&picture, &caption(), &small).unwrap_err();
        let Error::PictureTooSmall {
            least_width,
            least_height,
            ..
        } = error
        else {
            panic!("{error}");
        };
        let enough = Look {
            width: Some(least_width),
            height: Some(least_height),
            ..Look::default()
        };
        assert!(svg(&picture, &caption(), &enough).is_ok(), "{picture:?}");
        assert!(svg(&picture, &caption(), &Look::default()).is_ok());
    }
}

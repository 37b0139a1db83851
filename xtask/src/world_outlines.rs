//! Makes the outlines of countries that maps are drawn with, from Natural Earth's.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Steps of a degree that a coordinate is kept to.
const STEPS: f64 = 20.0;
/// How far, in degrees, a point may lie from the line that is drawn without it.
const TOLERANCE: f64 = 0.12;

type Point = (f64, f64);
/// A closed line, in steps of a degree.
type Ring = Vec<(i32, i32)>;

/// Reads `--topology FILE --codes FILE -o FILE`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [topology, codes, output] = ["--topology", "--codes", "-o"].map(|flag| {
        let place = arguments.iter().position(|argument| argument == flag);
        place
            .and_then(|place| arguments.get(place + 1))
            .map(PathBuf::from)
    });
    let (Some(topology), Some(codes), Some(output)) = (topology, codes, output) else {
        bail!("usage: world-outlines --topology countries-50m.json --codes codes.json -o FILE");
    };
    let read = |path: &PathBuf| -> Result<Value> {
        let text = fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))?;
        Ok(serde_json::from_slice(&text)?)
    };
    let bytes = outlines(&read(&topology)?, &read(&codes)?)?;
    fs::write(&output, &bytes).with_context(|| format!("cannot write `{}`", output.display()))
}

/// The numbers of ISO 3166-1 and their two letters.
fn letters(codes: &Value) -> HashMap<String, String> {
    let rows = codes.as_array().into_iter().flatten();
    rows.filter_map(|row| {
        Some((
            row.get(2)?.as_str()?.to_owned(),
            row.get(0)?.as_str()?.to_owned(),
        ))
    })
    .collect()
}

fn outlines(topology: &Value, codes: &Value) -> Result<Vec<u8>> {
    let letters = letters(codes);
    let arcs = arcs(topology)?;
    let countries = topology["objects"]["countries"]["geometries"]
        .as_array()
        .context("no countries")?;
    let mut kept: Vec<(f64, String, Vec<Ring>)> = Vec::new();
    for country in countries {
        let code = match country["id"].as_str() {
            Some(number) => letters.get(number).cloned(),
            None if country["properties"]["name"] == "Kosovo" => Some("XK".to_owned()),
            None => None,
        };
        let code = code.unwrap_or_else(|| "--".to_owned());
        let polygons: Vec<&Value> = match country["type"].as_str() {
            Some("Polygon") => vec![&country["arcs"]],
            Some("MultiPolygon") => country["arcs"].as_array().into_iter().flatten().collect(),
            _ => continue,
        };
        // Holes are left out: what lies in one is a smaller country, which is drawn later.
        let mut rings: Vec<Ring> = polygons
            .iter()
            .flat_map(|polygon| within_the_map(&ring(&polygon[0], &arcs)))
            .collect();
        rings.sort_by(|one, other| area(other).total_cmp(&area(one)));
        // The largest part of each country stays, however small; other specks don't show.
        let mut index = 0;
        rings.retain(|ring| {
            index += 1;
            index == 1 || ring.len() > 3 && area(ring) > 0.02
        });
        let size = rings.iter().map(|ring| area(ring)).sum();
        kept.push((size, code, rings));
    }
    // The smaller is drawn over the larger.
    kept.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    let mut bytes = Vec::new();
    for (_, code, rings) in kept {
        bytes.extend_from_slice(code.as_bytes());
        number(&mut bytes, rings.len() as u64);
        for ring in rings {
            number(&mut bytes, ring.len() as u64);
            let mut before = (0, 0);
            for point in ring {
                signed(&mut bytes, point.0 - before.0);
                signed(&mut bytes, point.1 - before.1);
                before = point;
            }
        }
    }
    Ok(bytes)
}

/// The lines that outlines are put together from, simplified. Neighbours share them, so borders stay closed.
fn arcs(topology: &Value) -> Result<Vec<Vec<Point>>> {
    let pair = |value: &Value| Some((value[0].as_f64()?, value[1].as_f64()?));
    let scale = pair(&topology["transform"]["scale"]).context("no scale")?;
    let origin = pair(&topology["transform"]["translate"]).context("no origin")?;
    let arcs = topology["arcs"].as_array().context("no arcs")?;
    Ok(arcs
        .iter()
        .map(|arc| {
            let mut at = (0.0, 0.0);
            let steps = arc.as_array().into_iter().flatten().filter_map(pair);
            let points: Vec<Point> = steps
                .map(|(x, y)| {
                    at = (at.0 + x, at.1 + y);
                    (at.0 * scale.0 + origin.0, at.1 * scale.1 + origin.1)
                })
                .collect();
            simplified(&points)
        })
        .collect())
}

/// Leaves out points that lie near the line between those that stay (Douglas and Peucker, 1973).
fn simplified(points: &[Point]) -> Vec<Point> {
    if points.len() < 3 {
        return points.to_vec();
    }
    let (first, last) = (points[0], points[points.len() - 1]);
    let far = |point: &Point| {
        let (x, y) = (last.0 - first.0, last.1 - first.1);
        let long = x.hypot(y);
        if long < 1e-9 {
            return (point.0 - first.0).hypot(point.1 - first.1);
        }
        ((point.0 - first.0) * y - (point.1 - first.1) * x).abs() / long
    };
    let inner = &points[1..points.len() - 1];
    let farthest = inner
        .iter()
        .enumerate()
        .map(|(index, point)| (far(point), index + 1))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match farthest {
        Some((distance, index)) if distance > TOLERANCE => {
            let mut kept = simplified(&points[..=index]);
            kept.pop();
            kept.extend(simplified(&points[index..]));
            kept
        }
        _ => vec![first, last],
    }
}

fn ring(numbers: &Value, arcs: &[Vec<Point>]) -> Ring {
    let mut points: Vec<(i32, i32)> = Vec::new();
    for number in numbers.as_array().into_iter().flatten() {
        let number = number.as_i64().unwrap_or(0);
        // `!n` names the same line, walked backwards.
        let (index, backwards) = if number < 0 {
            (!number, true)
        } else {
            (number, false)
        };
        let mut arc = arcs[index as usize].clone();
        if backwards {
            arc.reverse();
        }
        points.extend(
            arc.iter()
                .map(|(x, y)| ((x * STEPS).round() as i32, (y * STEPS).round() as i32)),
        );
    }
    points.dedup();
    if points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    points
}

/// Cuts a ring that crosses the edge of the map at 180 degrees into the parts on either side.
fn within_the_map(ring: &[(i32, i32)]) -> Vec<Ring> {
    let half = 180 * STEPS as i32;
    let mut unrolled: Vec<(i32, i32)> = Vec::new();
    let mut turns = 0;
    for (index, point) in ring.iter().enumerate() {
        if index > 0 {
            let step = point.0 - ring[index - 1].0;
            if step > half {
                turns -= 1;
            } else if step < -half {
                turns += 1;
            }
        }
        unrolled.push((point.0 + turns * 2 * half, point.1));
    }
    if let (Some(first), Some(last)) = (unrolled.first().copied(), unrolled.last().copied())
        && (last.0 - first.0).abs() > half
    {
        // It goes around the south pole.
        let end = first.0
            + if last.0 > first.0 {
                2 * half
            } else {
                -2 * half
            };
        unrolled.push((end, first.1));
        unrolled.push((end, -90 * STEPS as i32));
        unrolled.push((first.0, -90 * STEPS as i32));
    }
    let mut parts = Vec::new();
    for turn in -1..=1 {
        let moved: Vec<(i32, i32)> = unrolled
            .iter()
            .map(|(x, y)| (x + turn * 2 * half, *y))
            .collect();
        let part = clipped(&clipped(&moved, half, 1), -half, -1);
        if !part.is_empty() && (turn == 0 || part.len() > 2) {
            parts.push(part);
        }
    }
    parts
}

/// Keeps what lies on one side of a meridian (Sutherland and Hodgman, 1974): west of it for `side` 1, east of it for -1.
fn clipped(ring: &[(i32, i32)], edge: i32, side: i32) -> Ring {
    let inside = |point: &(i32, i32)| (point.0 - edge) * side <= 0;
    let mut kept = Vec::new();
    for (index, point) in ring.iter().enumerate() {
        let before = ring[(index + ring.len() - 1) % ring.len()];
        if inside(point) != inside(&before) {
            let part = f64::from(edge - before.0) / f64::from(point.0 - before.0);
            let y = f64::from(before.1) + f64::from(point.1 - before.1) * part;
            kept.push((edge, y.round() as i32));
        }
        if inside(point) {
            kept.push(*point);
        }
    }
    kept
}

/// The area of a ring in square degrees.
fn area(ring: &[(i32, i32)]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let twice: f64 = ring
        .iter()
        .zip(next)
        .map(|(one, other)| {
            f64::from(one.0) * f64::from(other.1) - f64::from(other.0) * f64::from(one.1)
        })
        .sum();
    twice.abs() / 2.0 / STEPS / STEPS
}

fn signed(bytes: &mut Vec<u8>, value: i32) {
    let value = i64::from(value);
    number(bytes, ((value << 1) ^ (value >> 63)) as u64);
}

fn number(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

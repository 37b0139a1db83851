//! The outlines of countries, after Natural Earth, and where they lie on the page (Equal Earth projection).
//!
//! The data file holds, the largest country first: two letters of ISO 3166-1 (`--` where it has none), how many rings, and for
//! each ring how many points and the steps between them, in twentieths of a degree. Numbers are LEB128, steps zigzag.

/// Twentieths of a degree.
const STEPS: f64 = 20.0;
const OUTLINES: &[u8] = include_bytes!("../../data/world.bin");

/// A country and its parts, in degrees.
pub(crate) struct CountryOutline {
    /// Two letters.
    pub(crate) code: String,
    /// Closed lines of longitudes and latitudes.
    pub(crate) rings: Vec<Vec<(f64, f64)>>,
}

impl CountryOutline {
    /// Tells whether a place lies within: it does where a line from it crosses the outline an odd number of times.
    pub(crate) fn holds(&self, longitude: f64, latitude: f64) -> bool {
        let sides = self.rings.iter().flat_map(|ring| {
            let ends = ring.iter().cycle().skip(1);
            ring.iter().zip(ends)
        });
        let crossed = sides.filter(|((x, y), (to_x, to_y))| {
            (*y > latitude) != (*to_y > latitude)
                && longitude < (to_x - x) * (latitude - y) / (to_y - y) + x
        });
        crossed.count() % 2 == 1
    }
}

/// Reads the outlines.
pub(crate) fn countries() -> Vec<CountryOutline> {
    let mut bytes = OUTLINES;
    let mut all = Vec::new();
    while let Some((code, rest)) = bytes.split_at_checked(2) {
        bytes = rest;
        let rings = (0..number(&mut bytes)).map(|_| ring(&mut bytes)).collect();
        all.push(CountryOutline {
            code: String::from_utf8_lossy(code).into_owned(),
            rings,
        });
    }
    all
}

fn ring(bytes: &mut &[u8]) -> Vec<(f64, f64)> {
    let mut at = (0, 0);
    (0..number(bytes))
        .map(|_| {
            at = (at.0 + signed(bytes), at.1 + signed(bytes));
            (at.0 as f64 / STEPS, at.1 as f64 / STEPS)
        })
        .collect()
}

fn signed(bytes: &mut &[u8]) -> i64 {
    let value = number(bytes);
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

fn number(bytes: &mut &[u8]) -> u64 {
    let (mut value, mut shift) = (0, 0);
    while let Some((byte, rest)) = bytes.split_first() {
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte & 0x80 == 0 || shift > 56 {
            break;
        }
    }
    value
}

/// Projects a longitude and a latitude: Šavrič, Patterson and Jenny, "The Equal Earth map projection" (2018).
///
/// `x` is about -2.71 to 2.71 and `y`, growing upwards, about -1.32 to 1.32.
pub(super) fn equal_earth(longitude: f64, latitude: f64) -> (f64, f64) {
    const A: [f64; 4] = [1.340_264, -0.081_106, 0.000_893, 0.003_796];
    let root = 3.0_f64.sqrt();
    let angle = (root / 2.0 * latitude.to_radians().sin()).asin();
    let square = angle * angle;
    let six = square * square * square;
    let slope = A[0] + 3.0 * A[1] * square + six * (7.0 * A[2] + 9.0 * A[3] * square);
    let x = 2.0 * root * longitude.to_radians() * angle.cos() / (3.0 * slope);
    let y = angle * (A[0] + A[1] * square + six * (A[2] + A[3] * square));
    (x, y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outlines_are_whole() {
        let all = countries();
        assert!(all.len() > 230, "{}", all.len());
        for code in ["CH", "SG", "US", "LS", "XK", "FR", "NO"] {
            let country = all.iter().find(|country| country.code == code);
            assert!(country.is_some_and(|one| !one.rings.is_empty()), "{code}");
        }
        let points = all.iter().flat_map(|one| one.rings.iter().flatten());
        for (longitude, latitude) in points {
            assert!(longitude.abs() <= 180.0 && latitude.abs() <= 90.0);
        }
    }

    #[test]
    fn places_lie_in_their_countries() {
        let all = countries();
        let within = |longitude: f64, latitude: f64| {
            // An enclave lies in two: the outlines have no holes, and the smaller country comes later.
            let found = all.iter().filter(|one| one.holds(longitude, latitude));
            found.map(|one| one.code.as_str()).next_back()
        };
        assert_eq!(within(8.5, 47.4), Some("CH"));
        assert_eq!(within(-100.0, 40.0), Some("US"));
        assert_eq!(within(28.2, -29.6), Some("LS"));
        assert_eq!(within(-40.0, 30.0), None);
    }

    #[test]
    fn the_projection_is_that_of_the_paper() {
        let (x, y) = equal_earth(180.0, 0.0);
        assert!((x - 2.706_63).abs() < 1e-4, "{x}");
        assert!(y.abs() < 1e-9, "{y}");
        let (_, pole) = equal_earth(0.0, 90.0);
        assert!((pole - 1.317_36).abs() < 1e-4, "{pole}");
    }
}

//! Countries by their code: name, continent, membership of the European Union. For sources that give only the code.

use std::sync::OnceLock;

const TABLE: &str = include_str!("../data/countries.tsv");

/// What is known of a country without any database of addresses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Country {
    pub(crate) name: &'static str,
    pub(crate) continent_code: &'static str,
    pub(crate) in_union: bool,
}

/// Finds a country by its ISO 3166-1 alpha-2 code.
pub(crate) fn country_of(code: &str) -> Option<&'static Country> {
    static COUNTRIES: OnceLock<Vec<Option<Country>>> = OnceLock::new();
    let table = COUNTRIES.get_or_init(|| {
        let mut table = vec![None; 26 * 26];
        for line in TABLE.lines() {
            let mut parts = line.split('\t');
            if let (Some(code), Some(name), Some(continent_code), Some(union)) =
                (parts.next(), parts.next(), parts.next(), parts.next())
                && let Some(index) = index_of(code)
            {
                table[index] = Some(Country {
                    name,
                    continent_code,
                    in_union: union == "yes",
                });
            }
        }
        table
    });
    table.get(index_of(code)?)?.as_ref()
}

fn index_of(code: &str) -> Option<usize> {
    match code.as_bytes() {
        [first @ b'A'..=b'Z', second @ b'A'..=b'Z'] => {
            Some(usize::from(first - b'A') * 26 + usize::from(second - b'A'))
        }
        _ => None,
    }
}

/// Names a continent.
pub(crate) fn continent_name(code: &str) -> Option<&'static str> {
    Some(match code {
        "AF" => "Africa",
        "AN" => "Antarctica",
        "AS" => "Asia",
        "EU" => "Europe",
        "NA" => "North America",
        "OC" => "Oceania",
        "SA" => "South America",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_country() {
        let lines = TABLE
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        for line in lines.clone() {
            let country = country_of(&line[..2]).expect(line);
            assert!(continent_name(country.continent_code).is_some(), "{line}");
        }
        assert_eq!(lines.count(), 250);
        let namibia = country_of("NA").unwrap();
        assert_eq!((namibia.name, namibia.continent_code), ("Namibia", "AF"));
        assert!(country_of("DE").unwrap().in_union && !country_of("GB").unwrap().in_union);
        assert!(country_of("ZZ").is_none() && country_of("").is_none());
    }
}

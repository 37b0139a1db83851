//! One row from the records of several databases.
//!
//! Databases fill a row in priority order, field by field, with two exceptions. Location fields are never mixed: all come from one
//! database, because the country of one beside the city of another could contradict each other. All fields of the autonomous system
//! are about one number.

use std::borrow::Cow;

use crate::field::{Field, FieldValue};
use crate::normalise::DetailsRecord;

/// How many fields there are.
pub(crate) const FIELDS: usize = Field::ALL.len();

static CITY: FieldValue<'static> = FieldValue::Text(Cow::Borrowed("city"));
static SUBDIVISION: FieldValue<'static> = FieldValue::Text(Cow::Borrowed("subdivision"));
static COUNTRY: FieldValue<'static> = FieldValue::Text(Cow::Borrowed("country"));
static CONTINENT: FieldValue<'static> = FieldValue::Text(Cow::Borrowed("continent"));

/// A record, the number of its database, and whether that is the built-in one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DatabaseAnswer<'r, 'a> {
    pub(crate) database: usize,
    pub(crate) built_in: bool,
    pub(crate) record: &'r DetailsRecord<'a>,
    /// When the database was built, or the service asked.
    pub(crate) built_micros: i64,
}

/// The values of a row with the number of the database that each comes from.
#[derive(Debug)]
pub(crate) struct DetailsRow<'r, 'a> {
    pub(crate) cells: [Option<(&'r FieldValue<'a>, usize)>; FIELDS],
    /// The databases that gave a value, in order.
    pub(crate) used: Vec<usize>,
    /// How old the oldest of what they gave is.
    pub(crate) as_of: Option<i64>,
}

impl<'r, 'a: 'r> DetailsRow<'r, 'a> {
    /// Merges answers in priority order; earlier ones win.
    pub(crate) fn merge(answers: &[DatabaseAnswer<'r, 'a>]) -> Self {
        let mut row = Self {
            cells: [None; FIELDS],
            used: Vec::new(),
            as_of: None,
        };
        let place = place_of(answers);
        let mut system: Option<i64> = None;
        for answer in answers {
            let number = answer
                .record
                .iter()
                .find_map(|(field, value)| match (field, value) {
                    (Field::AsNumber, FieldValue::Whole(number)) => Some(*number),
                    _ => None,
                });
            let same_system = system.is_none() || number == system;
            system = system.or(number);
            let mut gave = false;
            for (field, value) in answer.record {
                let cell = &mut row.cells[*field as usize];
                let barred = cell.is_some()
                    || (field.is_place() && place != Some(answer.database))
                    || (field.is_system() && !same_system);
                if !barred {
                    *cell = Some((value, answer.database));
                    gave = true;
                }
            }
            if gave {
                row.used.push(answer.database);
                let built = answer.built_micros;
                row.as_of = Some(row.as_of.map_or(built, |before| before.min(built)));
            }
        }
        row.judge_precision();
        row
    }

    fn has(&self, field: Field) -> bool {
        self.cells[field as usize].is_some()
    }

    /// Says how precise the place is, and takes the point away where it would be the middle of a country.
    fn judge_precision(&mut self) {
        let any = |fields: &[Field]| fields.iter().any(|field| self.has(*field));
        let (precision, by) = if any(&[Field::CityName, Field::CityGeonameId, Field::PostalCode]) {
            (
                &CITY,
                [Field::CityName, Field::CityGeonameId, Field::PostalCode],
            )
        } else if any(&[
            Field::Subdivision0Name,
            Field::Subdivision0IsoCode,
            Field::Subdivision0GeonameId,
        ]) {
            (
                &SUBDIVISION,
                [
                    Field::Subdivision0Name,
                    Field::Subdivision0IsoCode,
                    Field::Subdivision0GeonameId,
                ],
            )
        } else {
            self.cells[Field::Latitude as usize] = None;
            self.cells[Field::Longitude as usize] = None;
            if self.has(Field::CountryIsoCode) || self.has(Field::CountryName) {
                (
                    &COUNTRY,
                    [
                        Field::CountryIsoCode,
                        Field::CountryName,
                        Field::CountryName,
                    ],
                )
            } else if self.has(Field::ContinentCode) || self.has(Field::ContinentName) {
                (
                    &CONTINENT,
                    [
                        Field::ContinentCode,
                        Field::ContinentName,
                        Field::ContinentName,
                    ],
                )
            } else {
                return;
            }
        };
        let source = by.iter().find_map(|field| self.cells[*field as usize]);
        self.cells[Field::Precision as usize] = source.map(|(_, database)| (precision, database));
    }
}

/// Chooses the database that says where: the first that knows a country, else the first that says anything of the place. The
/// built-in one is asked only where no other says anything.
fn place_of(answers: &[DatabaseAnswer<'_, '_>]) -> Option<usize> {
    let says =
        |answer: &&DatabaseAnswer<'_, '_>| answer.record.iter().any(|(field, _)| field.is_place());
    let knows_country = |answer: &&DatabaseAnswer<'_, '_>| {
        answer.record.iter().any(|(field, _)| {
            matches!(
                field,
                Field::CountryIsoCode | Field::CountryName | Field::CityName
            )
        })
    };
    let installed = || answers.iter().filter(|answer| !answer.built_in);
    installed()
        .find(knows_country)
        .or_else(|| installed().find(says))
        .or_else(|| answers.iter().find(says))
        .map(|answer| answer.database)
}

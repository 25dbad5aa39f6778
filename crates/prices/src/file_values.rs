//! Values of TOML and YAML files that people write: exact numbers and days.

use billing::Amount;
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;

/// A number, or the text of one for those that must not go through a float.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Number {
    Whole(i64),
    Float(f64),
    Text(String),
}

impl Number {
    pub(crate) fn amount(&self) -> billing::Result<Amount> {
        match self {
            Self::Whole(number) => number.to_string().parse(),
            Self::Float(number) => {
                Amount::from_shortest(*number).ok_or_else(|| billing::Error::NotAnAmount(number.to_string()))
            }
            Self::Text(text) => text.trim().parse(),
        }
    }
}

/// A day: a date of TOML, or its text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Date {
    Toml(toml::value::Datetime),
    Text(String),
}

impl JsonSchema for Date {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Date".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date" })
    }
}

impl Date {
    pub(crate) fn day(&self) -> std::result::Result<NaiveDate, String> {
        let text = match self {
            Self::Toml(moment) => moment.to_string(),
            Self::Text(text) => text.trim().to_owned(),
        };
        text.parse().map_err(|_| format!("`{text}` is not a date; dates are written YYYY-MM-DD"))
    }
}

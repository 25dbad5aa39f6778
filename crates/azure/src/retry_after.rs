//! How long a reply asks to wait: the longest of all that it says.
//!
//! `Retry-After` in seconds or as a date, `x-ms-retry-after-ms`, and every `x-ms-ratelimit-…-retry-after`
//! of Cost Management, Consumption and Retail Prices. Such headers come on good replies too: only what
//! is refused waits for them.

use crate::Reply;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// The longest wait that the headers of a reply ask for; `None` where they ask for none. `now` is the
/// clock that a date is measured by.
pub(crate) fn asked_wait(reply: &Reply, now: DateTime<Utc>) -> Option<Duration> {
    let waits = reply.headers.iter().filter_map(|(name, value)| {
        let (name, value) = (name.as_str(), value.to_str().ok()?.trim());
        match name {
            "retry-after" => seconds(value).or_else(|| until(value, now)),
            "retry-after-ms" | "x-ms-retry-after-ms" => Some(Duration::from_millis(value.parse().ok()?)),
            _ if name.starts_with("x-ms-ratelimit-") && name.ends_with("retry-after") => seconds(value),
            _ => None,
        }
    });
    waits.max()
}

fn seconds(text: &str) -> Option<Duration> {
    text.parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0).map(Duration::from_secs_f64)
}

fn until(text: &str, now: DateTime<Utc>) -> Option<Duration> {
    let then: DateTime<Utc> = httpdate::parse_http_date(text).ok()?.into();
    Some((then - now).to_std().unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderName};

    fn wait(headers: &[(&str, &str)]) -> Option<u64> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let reply = Reply { status: 429, headers: map, body: Bytes::new() };
        asked_wait(&reply, "2026-11-25T12:00:00Z".parse().unwrap()).map(|wait| wait.as_secs())
    }

    #[test]
    fn the_longest_wait_counts() {
        assert_eq!(
            wait(&[
                ("Retry-After", "5"),
                ("x-ms-ratelimit-microsoft.costmanagement-entity-retry-after", "60")
            ]),
            Some(60)
        );
        assert_eq!(
            wait(&[("x-ms-ratelimit-microsoft.consumption-retry-after", "7"), ("Retry-After", "12")]),
            Some(12)
        );
        assert_eq!(wait(&[("x-ms-ratelimit-retailPrices-retry-after", "33")]), Some(33));
        assert_eq!(wait(&[("Retry-After", "Wed, 25 Nov 2026 12:01:30 GMT")]), Some(90));
        assert_eq!(wait(&[("Retry-After", "Wed, 25 Nov 2026 11:00:00 GMT")]), Some(0));
        assert_eq!(
            wait(&[("Retry-After", "soon"), ("x-ms-ratelimit-remaining-subscription-reads", "11999")]),
            None
        );
        assert_eq!(wait(&[("Retry-After", "-5")]), None);
    }
}

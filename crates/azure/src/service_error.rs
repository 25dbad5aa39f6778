//! Error replies: every shape of error body that Azure's billing services were observed to write.
//!
//! `{"error":{code,message}}`, the same without the envelope, with capitals (`{"Error":{"Code",…}}`), the
//! HTTP status as code, ASP.NET's `{message,messageDetail}`, and pages that are not JSON.

use serde_json::Value;
use std::fmt;

/// Characters shown of a text that is not JSON.
const SHOWN: usize = 120;

/// The error of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// The HTTP status.
    pub status: u16,
    /// The service's code; empty where it gives none.
    pub code: String,
    /// The service's message, without secrets.
    pub message: String,
}

impl ServiceError {
    /// Reads the body of a reply with that status.
    #[must_use]
    pub fn read(status: u16, body: &[u8]) -> Self {
        let Ok(value) = serde_json::from_slice::<Value>(body) else {
            let text = String::from_utf8_lossy(body);
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let shown: String = text.chars().take(SHOWN).collect();
            return Self { status, code: String::new(), message: redacted(&shown) };
        };
        let inner = named(&value, "error").filter(|inner| inner.is_object()).unwrap_or(&value);
        let text = |name: &str| named(inner, name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let detail = text("messageDetail");
        let mut message = text("message");
        if !detail.is_empty() {
            message = format!("{message} {}", detail.chars().take(SHOWN).collect::<String>());
        }
        Self { status, code: text("code"), message: redacted(&message) }
    }

    /// Whether the token has expired: a new one may be all that is needed.
    #[must_use]
    pub fn is_expired_token(&self) -> bool {
        self.status == 401 && self.code.eq_ignore_ascii_case("ExpiredAuthenticationToken")
    }

    /// Whether the same request may succeed later. A 404 of Cost Management that blames its own
    /// directory for a subscription that exists is one of these.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let own_fault = self.message.contains("GetAzureSubscriptionsById returns null or empty list");
        matches!(self.status, 408 | 429 | 500..=599) || (self.status == 404 && own_fault)
    }
}

/// A text without secrets: services were observed to repeat parts of the request. Signatures of addresses, tokens and
/// keys are cut.
pub(crate) fn redacted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut after_bearer = false;
    for piece in text.split_inclusive(|c: char| c.is_whitespace() || "\"'<>".contains(c)) {
        let word = piece.trim_end_matches(|c: char| c.is_whitespace() || "\"'<>".contains(c));
        let rest = &piece[word.len()..];
        let lower = word.to_ascii_lowercase();
        let secret = ["sig=", "accountkey=", "client_secret=", "access_token=", "sharedkey "]
            .iter()
            .filter_map(|mark| lower.find(mark).map(|place| place + mark.len()))
            .min();
        // A JSON web token begins so, whatever stands around it.
        let token = lower.find("eyj").filter(|place| word.len() - place > 40);
        match secret.or(token) {
            _ if after_bearer && !word.is_empty() => out.push('…'),
            Some(place) => {
                out.push_str(&word[..place]);
                out.push('…');
            }
            None => out.push_str(word),
        }
        if !word.is_empty() {
            after_bearer = lower == "bearer" || lower.ends_with(":bearer");
        }
        out.push_str(rest);
    }
    out
}

/// A member of an object, whatever the case of its first letter.
fn named<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

impl std::error::Error for ServiceError {}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        if !self.code.is_empty() && self.code != self.status.to_string() {
            write!(f, " {}", self.code)?;
        }
        if self.message.is_empty() { Ok(()) } else { write!(f, ": {}", self.message) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_error_is_read() {
        let read = |status, body: &str| ServiceError::read(status, body.as_bytes()).to_string();
        assert_eq!(
            read(403, r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#),
            "403 AuthorizationFailed: no"
        );
        assert_eq!(read(400, r#"{"code":"BadFilter","message":"no"}"#), "400 BadFilter: no");
        assert_eq!(read(400, r#"{"Error":{"Code":"BadRequest","Message":"no"}}"#), "400 BadRequest: no");
        assert_eq!(
            read(429, r#"{"error":{"code":"429","message":"Too many requests."}}"#),
            "429: Too many requests."
        );
        assert_eq!(
            read(400, r#"{"message":"Invalid.","messageDetail":"No operationId."}"#),
            "400: Invalid. No operationId."
        );
        assert_eq!(read(502, "<html>\n  Bad gateway</html>"), "502: <html> Bad gateway</html>");
        assert_eq!(read(500, ""), "500");
        assert_eq!(read(500, r#"{"error":"text"}"#), "500");
    }

    #[test]
    fn secrets_that_a_service_repeats_are_cut() {
        let shown = |text: &str| redacted(text);
        assert_eq!(shown("x?sv=1&sig=planted%2F&se=2 gone"), "x?sv=1&sig=… gone");
        assert_eq!(
            shown("header 'Authorization: Bearer planted-token' is bad"),
            "header 'Authorization: Bearer …' is bad"
        );
        assert_eq!(shown("AccountKey=planted;x"), "AccountKey=…");
        let token = format!("got eyJ{} here", "a".repeat(60));
        assert_eq!(shown(&token), "got … here");
        assert_eq!(shown("The request is invalid.\nTry again"), "The request is invalid.\nTry again");
    }

    #[test]
    fn only_faults_that_may_pass_are_asked_again() {
        let may = |status, body: &str| ServiceError::read(status, body.as_bytes()).may_pass();
        assert!(may(408, "") && may(429, "") && may(503, ""));
        assert!(!may(400, "") && !may(401, "") && !may(403, "") && !may(409, ""));
        let own = r#"{"error":{"code":"NotFound","message":"GtmDimensionDataProvider.GetAzureSubscriptionsById returns null or empty list for id: x"}}"#;
        assert!(may(404, own) && !may(404, r#"{"error":{"code":"NotFound","message":"gone"}}"#));
    }
}

//! When an access token ends, in all the ways in which providers tell it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::body::{claims, text_at};
use crate::profile::{Expiry, ExpiryKind};

/// Lifetimes beyond this are cut: a clock that overflows helps nobody.
pub(crate) const MAX_LIFETIME: u64 = 100 * 365 * 24 * 3600;

/// When an access token ends; none: not told. Zero and nonsense count as not told.
#[must_use]
pub fn expiry(rule: &Expiry, body: &Value, access: &str, now: SystemTime) -> Option<SystemTime> {
    let fallback = rule.default_seconds.map(|seconds| now + Duration::from_secs(u64::from(seconds)));
    let value = rule.at.as_ref().and_then(|at| text_at(body, at));
    let number = || value.as_deref().and_then(number).filter(|number| *number > 0.0);
    let after = |seconds: f64| Some(now + Duration::from_secs_f64(seconds.min(lifetime_limit())));
    let at = |seconds: f64| Some(UNIX_EPOCH + Duration::from_secs_f64(seconds.min(lifetime_limit())));
    let told = match rule.kind {
        ExpiryKind::Seconds => number().and_then(after),
        ExpiryKind::Milliseconds => number().and_then(|number| after(number / 1000.0)),
        ExpiryKind::EpochSeconds => number().and_then(at),
        ExpiryKind::EpochMilliseconds => number().and_then(|number| at(number / 1000.0)),
        ExpiryKind::Rfc3339 => value
            .as_deref()
            .and_then(|text| humantime::parse_rfc3339_weak(text).ok())
            .map(|at| at.min(UNIX_EPOCH + Duration::from_secs(MAX_LIFETIME))),
        ExpiryKind::JwtExp => {
            claims(access).and_then(|claims| claims.get("exp")?.as_f64()).filter(|exp| *exp > 0.0).and_then(at)
        }
        ExpiryKind::Fixed | ExpiryKind::Unknown => None,
    };
    told.or(fallback)
}

#[expect(clippy::cast_precision_loss, reason = "a century in seconds is exact in a double")]
const fn lifetime_limit() -> f64 {
    MAX_LIFETIME as f64
}

fn number(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(rule: &Expiry, body: &Value) -> Option<u64> {
        expiry(rule, body, "", UNIX_EPOCH).map(|at| at.duration_since(UNIX_EPOCH).expect("after").as_secs())
    }

    #[test]
    fn lifetimes_come_in_many_shapes() {
        let rule = |kind, at: &str| Expiry { kind, at: Some(at.into()), default_seconds: None };
        let body = serde_json::json!({
            "s": "3599", "z": 0, "ms": 5000, "es": 7000, "iso": "1970-01-01T01:00:00Z", "far": "9999-12-31T23:59:59Z",
            "bad": "soon",
        });

        assert_eq!(ends(&rule(ExpiryKind::Seconds, "/s"), &body), Some(3599));
        assert_eq!(ends(&rule(ExpiryKind::Seconds, "/z"), &body), None);
        assert_eq!(ends(&rule(ExpiryKind::Seconds, "/bad"), &body), None);
        assert_eq!(ends(&rule(ExpiryKind::Milliseconds, "/ms"), &body), Some(5));
        assert_eq!(ends(&rule(ExpiryKind::EpochSeconds, "/es"), &body), Some(7000));
        assert_eq!(ends(&rule(ExpiryKind::Rfc3339, "/iso"), &body), Some(3600));
        assert_eq!(ends(&rule(ExpiryKind::Rfc3339, "/far"), &body), Some(MAX_LIFETIME));
        assert_eq!(ends(&Expiry { kind: ExpiryKind::Fixed, at: None, default_seconds: Some(9) }, &body), Some(9));
    }
}

//! What `systemConfig.routing` says about keys, and how often one may be used.

use http::HeaderName;
use serde_json::Value;

use super::part::Part;
use crate::settings::keys::{ClientKeys, RateLimit};

/// What `routing.enableBearerAuth` makes of it. One that is neither `true` nor `false` switches nothing off.
pub(super) fn is_demanded(routing: Option<&Part<'_>>, is_any: bool) -> bool {
    let Some(routing) = routing else { return is_any };
    match (routing.flag("enableBearerAuth"), is_any) {
        (Some(false), true) => {
            let rule = "is false, so that keys are written and none is asked for";
            let fault =
                routing.findings.fault(&routing.path("enableBearerAuth"), None, rule, "write true, or remove it");
            routing.findings.warn(fault);
            false
        }
        (Some(true), false) => {
            let rule = "is true, and there is no key, so that none is asked for";
            let remedy = "make one with `mcphub keys add NAME`";
            let fault = routing.findings.fault(&routing.path("enableBearerAuth"), None, rule, remedy);
            routing.findings.warn(fault);
            false
        }
        (_, is_any) => is_any,
    }
}

/// The header that carries keys.
pub(super) fn header(routing: Option<&Part<'_>>) -> HeaderName {
    let usual = ClientKeys::default().header;
    let Some(routing) = routing else { return usual };
    let Some(written) = routing.filled("bearerAuthHeaderName") else { return usual };
    HeaderName::try_from(written.as_str()).unwrap_or_else(|_| {
        let remedy = "write a name such as X-MCPHub-Key, or leave it out for Authorization";
        routing.wrong("bearerAuthHeaderName", Some(&written), "is not the name of a header", remedy);
        usual
    })
}

/// `rateLimit`: requests in a minute, or these and how many may come at once.
pub(super) fn rate_of(part: &Part<'_>) -> Option<RateLimit> {
    let remedy = "write { \"requestsPerMinute\": 600, \"burst\": 60 }";
    let rate = match part.raw("rateLimit")? {
        Value::Object(_) => {
            let rate = part.member_object("rateLimit")?;
            let per_minute = rate.whole("requestsPerMinute", 1..=1_000_000, remedy);
            let burst = match rate.raw("burst") {
                Some(_) => rate.whole("burst", 1..=1_000_000, remedy),
                None => per_minute,
            };
            if rate.raw("requestsPerMinute").is_none() {
                rate.wrong("requestsPerMinute", None, "is missing", remedy);
            }
            per_minute.zip(burst)
        }
        _ => part.whole("rateLimit", 1..=1_000_000, remedy).map(|number| (number, number)),
    };
    let small = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    // What nobody can read is the strictest limit there is.
    let (per_minute, burst) = rate.map_or((1, 1), |(per_minute, burst)| (small(per_minute), small(burst)));
    Some(RateLimit { per_minute, burst })
}

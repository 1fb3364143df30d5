//! Resource indicators (RFC 8707): the value, and under which name it goes.

use crate::profile::{ResourceIndicator, ResourceMode};
use crate::template::{FillError, Slots, fill};

/// A step that may carry the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceStep {
    /// The authorization request.
    Authorize,
    /// The exchange of the code for tokens.
    Token,
    /// The refresh of a grant.
    Refresh,
}

/// The parameter to send at a step, if any. `slots.resource` is the grant's frozen value; none: nothing is sent, because
/// the server was seen to refuse it.
pub fn param(
    profile: &ResourceIndicator,
    step: ResourceStep,
    slots: &Slots<'_>,
) -> Result<Option<(String, String)>, FillError> {
    let Some(value) = slots.resource else {
        return Ok(None);
    };
    let mode = match step {
        ResourceStep::Authorize => &profile.authorize,
        ResourceStep::Token => &profile.token,
        ResourceStep::Refresh => &profile.refresh,
    };
    Ok(match mode {
        ResourceMode::Send => Some(("resource".to_owned(), value.to_owned())),
        ResourceMode::Omit => None,
        ResourceMode::Fixed(template) => Some(("resource".to_owned(), fill(template, slots)?)),
        ResourceMode::Named(name) => Some((name.clone(), value.to_owned())),
        ResourceMode::Instead(param) => Some((param.name.clone(), fill(&param.value, slots)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::slots;

    #[test]
    fn the_value_goes_as_it_is_spelled_or_under_another_name_or_not_at_all() {
        let slots = Slots { resource: Some("https://rs.example"), ..slots() };
        let profile = ResourceIndicator {
            authorize: ResourceMode::Named("audience".into()),
            refresh: ResourceMode::Omit,
            ..ResourceIndicator::default()
        };

        assert_eq!(
            param(&profile, ResourceStep::Authorize, &slots),
            Ok(Some(("audience".into(), "https://rs.example".into())))
        );
        assert_eq!(
            param(&profile, ResourceStep::Token, &slots),
            Ok(Some(("resource".into(), "https://rs.example".into())))
        );
        assert_eq!(param(&profile, ResourceStep::Refresh, &slots), Ok(None));
    }
}

//! Which slots may stand in which template.

use mcphub_oauth::profile::{Slot, Template};

use super::objection::{Broken, Objection};
use super::place::Place;
use super::references::References;

/// The slots that a kind of template may have.
#[derive(Clone, Copy)]
pub(crate) struct SlotRules {
    allowed: &'static str,
    admits: fn(&Slot) -> bool,
}

/// Addresses of endpoints and issuers, which are known before the login.
pub(crate) const ENDPOINT: SlotRules =
    SlotRules { allowed: "input, captured", admits: |slot| matches!(slot, Slot::Input(_) | Slot::Captured(_)) };

/// Parameters of the authorization request, which pass through the person's browser.
pub(crate) const AUTHORIZE: SlotRules = SlotRules {
    allowed: "input, captured, client-id, redirect-host, resource-uri, now, random",
    admits: |slot| {
        matches!(
            slot,
            Slot::Input(_)
                | Slot::Captured(_)
                | Slot::ClientId
                | Slot::RedirectHost
                | Slot::ResourceUri
                | Slot::Now(_)
                | Slot::Random(_)
        )
    },
};

/// A fixed resource indicator.
pub(crate) const RESOURCE: SlotRules = SlotRules { allowed: "input", admits: |slot| matches!(slot, Slot::Input(_)) };

/// Requests to the MCP server.
pub(crate) const REQUEST: SlotRules = SlotRules {
    allowed: "input, captured, client-id",
    admits: |slot| matches!(slot, Slot::Input(_) | Slot::Captured(_) | Slot::ClientId),
};

/// Guides, which people read.
pub(crate) const GUIDE: SlotRules = SlotRules {
    allowed: "input, redirect-uri, redirect-host, scope, resource-uri",
    admits: |slot| {
        matches!(slot, Slot::Input(_) | Slot::RedirectUri | Slot::RedirectHost | Slot::Scope | Slot::ResourceUri)
    },
};

/// The code exchange, where there are no tokens yet.
pub(crate) const EXCHANGE: SlotRules = SlotRules {
    allowed: "all but access-token and refresh-token",
    admits: |slot| !matches!(slot, Slot::AccessToken(_) | Slot::RefreshToken(_)),
};

/// Refreshing and revoking, long after the login.
pub(crate) const AFTERWARDS: SlotRules = SlotRules {
    allowed: "all but code, verifier and state",
    admits: |slot| !matches!(slot, Slot::Code | Slot::Verifier | Slot::State),
};

/// Requests of `flow`, which the hub sends at any time of a login.
pub(crate) const PLAN: SlotRules = SlotRules { allowed: "all", admits: |_| true };

impl SlotRules {
    /// Checks every slot of a template, those inside digests and assertions too.
    pub(crate) fn check(
        self,
        place: &Place<'_>,
        template: &Template,
        references: &References,
    ) -> Result<(), Objection> {
        template.slots().try_for_each(|slot| self.check_one(place, slot, references))
    }

    fn check_one(self, place: &Place<'_>, slot: &Slot, references: &References) -> Result<(), Objection> {
        if !(self.admits)(slot) {
            return Err(place.object(Broken::SlotNotAllowed { slot: name(slot), allowed: self.allowed }));
        }
        match slot {
            Slot::Input(key) if references.secrets.contains(key) => {
                Err(place.object(Broken::SecretInput { key: key.clone() }))
            }
            Slot::Input(key) if !references.any_input && !references.inputs.contains(key) => {
                Err(place.object(Broken::UnknownInput { key: key.clone() }))
            }
            Slot::ExtraSecret(key) if !references.secrets.contains(key) => {
                Err(place.object(Broken::NotSecretInput { key: key.clone() }))
            }
            Slot::Random(length) if !(8..=64).contains(length) => {
                Err(place.object(Broken::OutOfRange { allowed: "8 to 64 random bytes" }))
            }
            _ => Ok(()),
        }
    }
}

/// Name of a slot in the contract.
pub(crate) const fn name(slot: &Slot) -> &'static str {
    match slot {
        Slot::Input(_) => "input",
        Slot::Captured(_) => "captured",
        Slot::ClientId => "client-id",
        Slot::ClientSecret => "client-secret",
        Slot::ExtraSecret(_) => "extra-secret",
        Slot::Code => "code",
        Slot::Verifier => "verifier",
        Slot::State => "state",
        Slot::RedirectUri => "redirect-uri",
        Slot::RedirectHost => "redirect-host",
        Slot::ResourceUri => "resource-uri",
        Slot::Scope => "scope",
        Slot::AccessToken(_) => "access-token",
        Slot::RefreshToken(_) => "refresh-token",
        Slot::Now(_) => "now",
        Slot::Random(_) => "random",
    }
}

#[cfg(test)]
mod tests {
    use mcphub_oauth::profile::Piece;

    use super::*;

    const PLACE: Place<'_> = Place::Interface("metadata");

    fn refusal(slots: SlotRules, slot: Slot) -> String {
        let references = References { secrets: ["key".to_owned()].into(), ..References::default() };
        slots.check(&PLACE, &Template(vec![Piece::Slot(slot)]), &references).expect_err("refused").to_string()
    }

    #[test]
    fn an_input_is_declared() {
        assert_eq!(
            refusal(ENDPOINT, Slot::Input("tenant".into())),
            "metadata uses the input \"tenant\", which nothing declares; declare it in the interface inputs"
        );
    }

    #[test]
    fn a_secret_input_has_a_slot_of_its_own_and_only_that() {
        assert!(refusal(ENDPOINT, Slot::Input("key".into())).contains("use the slot extra-secret"));
        assert!(refusal(EXCHANGE, Slot::ExtraSecret("other".into())).contains("no input of this key is secret"));
    }

    #[test]
    fn randomness_has_a_size() {
        assert!(refusal(AUTHORIZE, Slot::Random(4)).contains("write 8 to 64 random bytes"));
    }
}

//! A plugin that answers what stands in its file: for each function of the contract, any value of its type.
//!
//! The file holds, behind a mark, a JSON object from `interface.function` to the answer. The functions of the profile are
//! all in it; a hook that is not does nothing of its own. The function that `trap` names does not answer.

mod hooks;
mod room;

wit_bindgen::generate!({
    path: "../../wit/provider/v0.1",
    world: "provider",
    additional_derives: [serde::Deserialize],
});

struct Garbler;

/// A part of the profile: its module, its name, its function and what that answers.
macro_rules! profile {
    ($module:ident, $interface:literal, $function:ident, $answer:ty) => {
        impl exports::mcphub::provider::$module::Guest for Garbler {
            fn $function() -> $answer {
                room::told(concat!($interface, ".", stringify!($function))).unwrap_or_else(room::fail)
            }
        }
    };
}

profile!(identity, "identity", describe, exports::mcphub::provider::identity::Identity);
profile!(matching, "matching", rules, Vec<exports::mcphub::provider::matching::Rule>);
profile!(inputs, "inputs", inputs, Vec<exports::mcphub::provider::inputs::Input>);
profile!(metadata, "metadata", profile, exports::mcphub::provider::metadata::Metadata);
profile!(registration, "registration", profile, exports::mcphub::provider::registration::Registration);
profile!(authorization, "authorization", profile, exports::mcphub::provider::authorization::Authorization);
profile!(callback, "callback", profile, exports::mcphub::provider::callback::Callback);
profile!(
    resource_indicator,
    "resource-indicator",
    profile,
    exports::mcphub::provider::resource_indicator::ResourceIndicator
);
profile!(scopes, "scopes", profile, exports::mcphub::provider::scopes::Scopes);
profile!(token_request, "token-request", profile, exports::mcphub::provider::token_request::TokenRequest);
profile!(token_response, "token-response", profile, exports::mcphub::provider::token_response::TokenResponse);
profile!(refresh, "refresh", profile, exports::mcphub::provider::refresh::Refresh);
profile!(revocation, "revocation", profile, exports::mcphub::provider::revocation::Revocation);
profile!(requests, "requests", profile, exports::mcphub::provider::requests::Requests);
profile!(setup, "setup", guides, Vec<exports::mcphub::provider::setup::Guide>);
profile!(errors, "errors", table, Vec<exports::mcphub::provider::errors::Row>);

export!(Garbler);

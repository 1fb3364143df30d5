//! The contract as Rust: generated from `wit/provider/v0.1`. Each interface has a world of its own, so that a component
//! exports exactly what its author wrote, and is no larger than that.

#![expect(missing_docs, reason = "generated; the contract's own comments stand on the items")]
#![expect(clippy::same_length_and_capacity, reason = "generated")]

/// The types that several interfaces share.
pub mod types {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world types { import mcphub:provider/types@0.1.0; }",
        world: "mcphub:sdk/types",
        additional_derives: [PartialEq],
        generate_all,
    });
}

/// One interface: its module, its world, the macro that exports it, and which interfaces it generates beside the shared
/// types.
macro_rules! interface {
    ($module:ident, $inline:tt, $world:tt, $macro:tt, $path:tt, [$($own:tt),*]) => {
        interface!($module, $inline, $world, $macro, $path, {
            "mcphub:provider/types@0.1.0": crate::bindings::types::mcphub::provider::types
            $(, $own: generate)*
        });
    };
    ($module:ident, $inline:tt, $world:tt, $macro:tt, $path:tt, {$($with:tt)*}) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit/provider/v0.1",
                inline: $inline,
                world: $world,
                pub_export_macro: true,
                export_macro_name: $macro,
                default_bindings_module: $path,
                additional_derives: [PartialEq],
                with: { $($with)* },
            });
        }
    };
}

interface!(
    identity,
    "package mcphub:sdk; world identity { export mcphub:provider/identity@0.1.0; }",
    "mcphub:sdk/identity",
    "export_identity",
    "mcphub_plugin::bindings::identity",
    {}
);
interface!(
    matching,
    "package mcphub:sdk; world matching { export mcphub:provider/matching@0.1.0; }",
    "mcphub:sdk/matching",
    "export_matching",
    "mcphub_plugin::bindings::matching",
    []
);
interface!(
    inputs,
    "package mcphub:sdk; world inputs { export mcphub:provider/inputs@0.1.0; }",
    "mcphub:sdk/inputs",
    "export_inputs",
    "mcphub_plugin::bindings::inputs",
    []
);
interface!(
    metadata,
    "package mcphub:sdk; world metadata { export mcphub:provider/metadata@0.1.0; }",
    "mcphub:sdk/metadata",
    "export_metadata",
    "mcphub_plugin::bindings::metadata",
    []
);
interface!(
    registration,
    "package mcphub:sdk; world registration { export mcphub:provider/registration@0.1.0; }",
    "mcphub:sdk/registration",
    "export_registration",
    "mcphub_plugin::bindings::registration",
    []
);
interface!(
    authorization,
    "package mcphub:sdk; world authorization { export mcphub:provider/authorization@0.1.0; }",
    "mcphub:sdk/authorization",
    "export_authorization",
    "mcphub_plugin::bindings::authorization",
    []
);
interface!(
    callback,
    "package mcphub:sdk; world callback { export mcphub:provider/callback@0.1.0; }",
    "mcphub:sdk/callback",
    "export_callback",
    "mcphub_plugin::bindings::callback",
    []
);
interface!(
    resource_indicator,
    "package mcphub:sdk; world resource-indicator { export mcphub:provider/resource-indicator@0.1.0; }",
    "mcphub:sdk/resource-indicator",
    "export_resource_indicator",
    "mcphub_plugin::bindings::resource_indicator",
    []
);
interface!(
    scopes,
    "package mcphub:sdk; world scopes { export mcphub:provider/scopes@0.1.0; }",
    "mcphub:sdk/scopes",
    "export_scopes",
    "mcphub_plugin::bindings::scopes",
    []
);
interface!(
    token_request,
    "package mcphub:sdk; world token-request { export mcphub:provider/token-request@0.1.0; }",
    "mcphub:sdk/token-request",
    "export_token_request",
    "mcphub_plugin::bindings::token_request",
    []
);
interface!(
    token_response,
    "package mcphub:sdk; world token-response { export mcphub:provider/token-response@0.1.0; }",
    "mcphub:sdk/token-response",
    "export_token_response",
    "mcphub_plugin::bindings::token_response",
    []
);
interface!(
    refresh,
    "package mcphub:sdk; world refresh { export mcphub:provider/refresh@0.1.0; }",
    "mcphub:sdk/refresh",
    "export_refresh",
    "mcphub_plugin::bindings::refresh",
    []
);
interface!(
    revocation,
    "package mcphub:sdk; world revocation { export mcphub:provider/revocation@0.1.0; }",
    "mcphub:sdk/revocation",
    "export_revocation",
    "mcphub_plugin::bindings::revocation",
    []
);
interface!(
    requests,
    "package mcphub:sdk; world requests { export mcphub:provider/requests@0.1.0; }",
    "mcphub:sdk/requests",
    "export_requests",
    "mcphub_plugin::bindings::requests",
    []
);
interface!(
    setup,
    "package mcphub:sdk; world setup { export mcphub:provider/setup@0.1.0; }",
    "mcphub:sdk/setup",
    "export_setup",
    "mcphub_plugin::bindings::setup",
    []
);
interface!(
    errors,
    "package mcphub:sdk; world errors { export mcphub:provider/errors@0.1.0; }",
    "mcphub:sdk/errors",
    "export_errors",
    "mcphub_plugin::bindings::errors",
    []
);
interface!(
    on_match,
    "package mcphub:sdk; world on-match { export mcphub:provider/on-match@0.1.0; }",
    "mcphub:sdk/on-match",
    "export_on_match",
    "mcphub_plugin::bindings::on_match",
    []
);
interface!(
    on_protected_resource,
    "package mcphub:sdk; world on-protected-resource { export mcphub:provider/on-protected-resource@0.1.0; }",
    "mcphub:sdk/on-protected-resource",
    "export_on_protected_resource",
    "mcphub_plugin::bindings::on_protected_resource",
    []
);
interface!(
    on_server_metadata,
    "package mcphub:sdk; world on-server-metadata { export mcphub:provider/on-server-metadata@0.1.0; }",
    "mcphub:sdk/on-server-metadata",
    "export_on_server_metadata",
    "mcphub_plugin::bindings::on_server_metadata",
    []
);
interface!(
    on_registration,
    "package mcphub:sdk; world on-registration { export mcphub:provider/on-registration@0.1.0; }",
    "mcphub:sdk/on-registration",
    "export_on_registration",
    "mcphub_plugin::bindings::on_registration",
    []
);
interface!(
    on_authorize,
    "package mcphub:sdk; world on-authorize { export mcphub:provider/on-authorize@0.1.0; }",
    "mcphub:sdk/on-authorize",
    "export_on_authorize",
    "mcphub_plugin::bindings::on_authorize",
    []
);
interface!(
    on_callback,
    "package mcphub:sdk; world on-callback { export mcphub:provider/on-callback@0.1.0; }",
    "mcphub:sdk/on-callback",
    "export_on_callback",
    "mcphub_plugin::bindings::on_callback",
    []
);
interface!(
    on_scopes_for,
    "package mcphub:sdk; world on-scopes-for { export mcphub:provider/on-scopes-for@0.1.0; }",
    "mcphub:sdk/on-scopes-for",
    "export_on_scopes_for",
    "mcphub_plugin::bindings::on_scopes_for",
    []
);
interface!(
    on_granted,
    "package mcphub:sdk; world on-granted { export mcphub:provider/on-granted@0.1.0; }",
    "mcphub:sdk/on-granted",
    "export_on_granted",
    "mcphub_plugin::bindings::on_granted",
    []
);
interface!(
    on_error,
    "package mcphub:sdk; world on-error { export mcphub:provider/on-error@0.1.0; }",
    "mcphub:sdk/on-error",
    "export_on_error",
    "mcphub_plugin::bindings::on_error",
    ["mcphub:provider/errors@0.1.0"]
);
interface!(
    on_setup,
    "package mcphub:sdk; world on-setup { export mcphub:provider/on-setup@0.1.0; }",
    "mcphub:sdk/on-setup",
    "export_on_setup",
    "mcphub_plugin::bindings::on_setup",
    ["mcphub:provider/setup@0.1.0"]
);
interface!(
    flow,
    "package mcphub:sdk; world flow { export mcphub:provider/flow@0.1.0; }",
    "mcphub:sdk/flow",
    "export_flow",
    "mcphub_plugin::bindings::flow",
    []
);

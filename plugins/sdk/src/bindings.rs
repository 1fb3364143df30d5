//! The contract as Rust: generated from `wit/provider/v0.1`. One world holds the static interfaces; each hook has a world
//! of its own, so that a component exports exactly the hooks its author lists.

#![expect(missing_docs, reason = "generated; the contract's own comments stand on the items")]
#![expect(clippy::same_length_and_capacity, reason = "generated")]

/// The static interfaces and all shared types.
pub mod profile {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "
            package mcphub:sdk;
            world profile {
                export mcphub:provider/identity@0.1.0;
                export mcphub:provider/matching@0.1.0;
                export mcphub:provider/inputs@0.1.0;
                export mcphub:provider/metadata@0.1.0;
                export mcphub:provider/registration@0.1.0;
                export mcphub:provider/authorization@0.1.0;
                export mcphub:provider/callback@0.1.0;
                export mcphub:provider/resource-indicator@0.1.0;
                export mcphub:provider/scopes@0.1.0;
                export mcphub:provider/token-request@0.1.0;
                export mcphub:provider/token-response@0.1.0;
                export mcphub:provider/refresh@0.1.0;
                export mcphub:provider/revocation@0.1.0;
                export mcphub:provider/requests@0.1.0;
                export mcphub:provider/provisioning@0.1.0;
                export mcphub:provider/errors@0.1.0;
            }
        ",
        world: "mcphub:sdk/profile",
        pub_export_macro: true,
        export_macro_name: "export_profile",
        default_bindings_module: "mcphub_plugin::bindings::profile",
        additional_derives: [PartialEq],
        generate_all,
    });
}

/// The hook `on-match`.
pub mod on_match {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-match { export mcphub:provider/on-match@0.1.0; }",
        world: "mcphub:sdk/on-match",
        pub_export_macro: true,
        export_macro_name: "export_on_match",
        default_bindings_module: "mcphub_plugin::bindings::on_match",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-protected-resource`.
pub mod on_protected_resource {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-protected-resource { export mcphub:provider/on-protected-resource@0.1.0; }",
        world: "mcphub:sdk/on-protected-resource",
        pub_export_macro: true,
        export_macro_name: "export_on_protected_resource",
        default_bindings_module: "mcphub_plugin::bindings::on_protected_resource",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-server-metadata`.
pub mod on_server_metadata {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-server-metadata { export mcphub:provider/on-server-metadata@0.1.0; }",
        world: "mcphub:sdk/on-server-metadata",
        pub_export_macro: true,
        export_macro_name: "export_on_server_metadata",
        default_bindings_module: "mcphub_plugin::bindings::on_server_metadata",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-registration`.
pub mod on_registration {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-registration { export mcphub:provider/on-registration@0.1.0; }",
        world: "mcphub:sdk/on-registration",
        pub_export_macro: true,
        export_macro_name: "export_on_registration",
        default_bindings_module: "mcphub_plugin::bindings::on_registration",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-authorize`.
pub mod on_authorize {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-authorize { export mcphub:provider/on-authorize@0.1.0; }",
        world: "mcphub:sdk/on-authorize",
        pub_export_macro: true,
        export_macro_name: "export_on_authorize",
        default_bindings_module: "mcphub_plugin::bindings::on_authorize",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-callback`.
pub mod on_callback {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-callback { export mcphub:provider/on-callback@0.1.0; }",
        world: "mcphub:sdk/on-callback",
        pub_export_macro: true,
        export_macro_name: "export_on_callback",
        default_bindings_module: "mcphub_plugin::bindings::on_callback",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-scopes-for`.
pub mod on_scopes_for {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-scopes-for { export mcphub:provider/on-scopes-for@0.1.0; }",
        world: "mcphub:sdk/on-scopes-for",
        pub_export_macro: true,
        export_macro_name: "export_on_scopes_for",
        default_bindings_module: "mcphub_plugin::bindings::on_scopes_for",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-granted`.
pub mod on_granted {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-granted { export mcphub:provider/on-granted@0.1.0; }",
        world: "mcphub:sdk/on-granted",
        pub_export_macro: true,
        export_macro_name: "export_on_granted",
        default_bindings_module: "mcphub_plugin::bindings::on_granted",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

/// The hook `on-error`.
pub mod on_error {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-error { export mcphub:provider/on-error@0.1.0; }",
        world: "mcphub:sdk/on-error",
        pub_export_macro: true,
        export_macro_name: "export_on_error",
        default_bindings_module: "mcphub_plugin::bindings::on_error",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types, "mcphub:provider/errors@0.1.0": generate },
    });
}

/// The hook `on-provisioning`.
pub mod on_provisioning {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world on-provisioning { export mcphub:provider/on-provisioning@0.1.0; }",
        world: "mcphub:sdk/on-provisioning",
        pub_export_macro: true,
        export_macro_name: "export_on_provisioning",
        default_bindings_module: "mcphub_plugin::bindings::on_provisioning",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types, "mcphub:provider/provisioning@0.1.0": generate },
    });
}

/// The hook `flow`.
pub mod flow {
    wit_bindgen::generate!({
        path: "../../wit/provider/v0.1",
        inline: "package mcphub:sdk; world flow { export mcphub:provider/flow@0.1.0; }",
        world: "mcphub:sdk/flow",
        pub_export_macro: true,
        export_macro_name: "export_flow",
        default_bindings_module: "mcphub_plugin::bindings::flow",
        additional_derives: [PartialEq],
        with: { "mcphub:provider/types@0.1.0": crate::bindings::profile::mcphub::provider::types },
    });
}

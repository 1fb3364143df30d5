//! `#[provider]`: what stands in the impl is what the component exports.

use proc_macro::TokenStream;
use proc_macro2::{Ident, Span, TokenStream as Tokens};
use quote::{format_ident, quote};
use syn::{Error, ImplItem, ItemImpl, Type, parse_macro_input};

/// The static interfaces: the method of `Provider`, and the interface's module.
const PARTS: [(&str, &str); 16] = [
    ("identity", "identity"),
    ("rules", "matching"),
    ("inputs", "inputs"),
    ("metadata", "metadata"),
    ("registration", "registration"),
    ("authorization", "authorization"),
    ("callback", "callback"),
    ("resource_indicator", "resource_indicator"),
    ("scopes", "scopes"),
    ("token_request", "token_request"),
    ("token_response", "token_response"),
    ("refresh", "refresh"),
    ("revocation", "revocation"),
    ("requests", "requests"),
    ("guides", "provisioning"),
    ("errors", "errors"),
];

/// The hooks: the trait, and the interface's module.
const HOOKS: [(&str, &str); 11] = [
    ("OnMatch", "on_match"),
    ("OnProtectedResource", "on_protected_resource"),
    ("OnServerMetadata", "on_server_metadata"),
    ("OnRegistration", "on_registration"),
    ("OnAuthorize", "on_authorize"),
    ("OnCallback", "on_callback"),
    ("OnScopesFor", "on_scopes_for"),
    ("OnGranted", "on_granted"),
    ("OnError", "on_error"),
    ("OnProvisioning", "on_provisioning"),
    ("Flow", "flow"),
];

/// Makes the component export what is written in this `impl Provider for …`, each part an interface of its own, or this
/// hook. Natively it changes nothing, so that the same crate is tested with `cargo test`.
#[proc_macro_attribute]
pub fn provider(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as ItemImpl);
    let exports = match exports(&Tokens::from(attribute), &item) {
        Ok(exports) => exports,
        Err(error) => error.to_compile_error(),
    };
    quote! { #item #exports }.into()
}

fn exports(attribute: &Tokens, item: &ItemImpl) -> Result<Tokens, Error> {
    if !attribute.is_empty() {
        return Err(Error::new_spanned(attribute, "#[provider] takes nothing"));
    }
    let name = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
    let Some(name) = name.map(|segment| segment.ident.to_string()) else {
        return Err(Error::new(
            Span::call_site(),
            "#[provider] stands on `impl Provider for …` or on the impl of a hook",
        ));
    };
    let Type::Path(of) = &*item.self_ty else {
        return Err(Error::new_spanned(&item.self_ty, "a provider is a type of its own: `struct Acme;`"));
    };
    let path = item.trait_.as_ref().map(|(path, _)| path);
    // Natively nobody calls it; the compiler must not take it for dead.
    let used = quote! { const _: fn() = || { fn is<T: #path>() {} is::<#of>(); }; };
    if name == "Provider" {
        let adapter = quote! { ::mcphub_plugin::Adapter<#of> };
        let parts = methods(item).filter_map(|method| part(&method)).map(|module| export(&module, &adapter));
        return Ok(parts.chain([used]).collect());
    }
    match HOOKS.iter().find(|(hook, _)| *hook == name) {
        Some((_, module)) => {
            let export = export(&Ident::new(module, Span::call_site()), &quote! { #of });
            Ok(quote! { #export #used })
        }
        None => {
            let hooks = HOOKS.map(|(hook, _)| hook).join(", ");
            Err(Error::new(Span::call_site(), format!("{name} is neither Provider nor a hook; the hooks are {hooks}")))
        }
    }
}

fn methods(item: &ItemImpl) -> impl Iterator<Item = String> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(method.sig.ident.to_string()),
        _ => None,
    })
}

/// The interface of a method; another method is the compiler's to refuse.
fn part(method: &str) -> Option<Ident> {
    PARTS.iter().find(|(name, _)| *name == method).map(|(_, module)| Ident::new(module, Span::call_site()))
}

fn export(module: &Ident, of: &Tokens) -> Tokens {
    let (alias, exports) = (format_ident!("Mcphub_{module}"), format_ident!("export_{module}"));
    quote! {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(non_camel_case_types)]
            type #alias = #of;
            ::mcphub_plugin::bindings::#module::#exports!(#alias with_types_in ::mcphub_plugin::bindings::#module);
        };
    }
}

//! `#[provider]`: what stands in the impl is what the component exports.

use proc_macro::TokenStream;
use proc_macro2::{Ident, Span, TokenStream as Tokens, TokenTree};
use quote::{format_ident, quote};
use syn::{Error, ImplItem, ItemImpl, Type, parse2};

/// The static interfaces: each is a method of `Provider` and a module of the same name.
const PARTS: [&str; 16] = [
    "identity",
    "matching",
    "inputs",
    "metadata",
    "registration",
    "authorization",
    "callback",
    "resource_indicator",
    "scopes",
    "token_request",
    "token_response",
    "refresh",
    "revocation",
    "requests",
    "setup",
    "errors",
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
    ("OnSetup", "on_setup"),
    ("Flow", "flow"),
];

/// Makes the component export what is written in this `impl Provider for …`, each part an interface of its own, or this
/// hook. Natively it changes nothing, so that the same crate is tested with `cargo test`.
#[proc_macro_attribute]
pub fn provider(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expanded(&Tokens::from(attribute), &Tokens::from(item)).into()
}

/// The item as it is, with its exports or with what is wrong.
fn expanded(attribute: &Tokens, item: &Tokens) -> Tokens {
    let exports = match parse2::<ItemImpl>(item.clone()) {
        Ok(item) => exports(attribute, &item),
        // What is wrong inside an impl, the parser knows better.
        Err(error) => Err(if is_impl(item) { error } else { misplaced() }),
    };
    let exports = exports.unwrap_or_else(|error| error.to_compile_error());
    quote! { #item #exports }
}

/// Whether its first word says so, attributes and what may stand before `impl` aside.
fn is_impl(item: &Tokens) -> bool {
    let mut words = item.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word),
        TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    });
    words.find(|word| *word != "unsafe" && *word != "default").is_some_and(|word| word == "impl")
}

fn misplaced() -> Error {
    let hooks = HOOKS.map(|(hook, _)| hook).join(", ");
    let told = format!(
        "#[provider] stands on an impl: `#[provider] impl Provider for Acme {{ … }}`, or on that of a hook; the hooks are {hooks}"
    );
    Error::new(Span::call_site(), told)
}

fn exports(attribute: &Tokens, item: &ItemImpl) -> Result<Tokens, Error> {
    if !attribute.is_empty() {
        return Err(Error::new_spanned(attribute, "#[provider] takes nothing"));
    }
    let name = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
    let Some(name) = name.map(|segment| segment.ident.to_string()) else {
        return Err(misplaced());
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
        let mark = quote! { impl ::mcphub_plugin::marks::Exported for #of {} };
        return Ok(parts.chain([used, mark, all_marked(&quote! { #of })]).collect());
    }
    match HOOKS.iter().find(|(hook, _)| *hook == name) {
        Some((hook, module)) => {
            let export = export(&Ident::new(module, Span::call_site()), &quote! { #of });
            let hook = Ident::new(hook, Span::call_site());
            Ok(quote! { #export #used impl ::mcphub_plugin::marks::#hook for #of {} })
        }
        None => {
            let hooks = HOOKS.map(|(hook, _)| hook).join(", ");
            let told = format!("{name} is neither Provider nor a hook; the hooks are {hooks}");
            Err(Error::new(Span::call_site(), told))
        }
    }
}

/// Refuses a hook of this type that is written without `#[provider]`.
fn all_marked(of: &Tokens) -> Tokens {
    let checks = HOOKS.iter().map(|(hook, module)| {
        let is = Ident::new(&module.to_uppercase(), Span::call_site());
        let told = format!("the component would not export `impl {hook} for {of}`: write #[provider] above it");
        quote! {
            assert!(
                !<::mcphub_plugin::marks::Written<#of>>::#is || <::mcphub_plugin::marks::Marked<#of>>::#is,
                #told
            );
        }
    });
    quote! {
        const _: () = {
            use ::mcphub_plugin::marks::Otherwise as _;
            // Nobody marks this, so that the trait is of use even where every hook is written.
            const _: bool = <::mcphub_plugin::marks::Marked<()>>::FLOW;
            #(#checks)*
        };
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
    PARTS.contains(&method).then(|| Ident::new(method, Span::call_site()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn told(item: &Tokens) -> String {
        expanded(&Tokens::new(), item).to_string()
    }

    #[test]
    fn what_is_no_impl_is_told_where_the_attribute_stands() {
        let items = [
            quote! { struct Acme; },
            quote! { #[derive(Debug)] pub(crate) enum Acme {} },
            quote! { fn acme() -> impl Display { "" } },
            quote! { impl Acme { fn x() {} } },
        ];
        for item in items {
            let told = told(&item);

            assert!(told.contains("compile_error") && told.contains("impl Provider for Acme"), "{told}");
            assert!(told.contains("OnMatch, "), "{told}");
        }
    }

    #[test]
    fn a_trait_that_is_no_hook_is_told_the_hooks() {
        let told = told(&quote! { impl Display for Acme {} });

        assert!(told.contains("Display is neither Provider nor a hook; the hooks are OnMatch, "), "{told}");
    }

    #[test]
    fn arguments_are_refused() {
        let told = expanded(&quote! { wasm }, &quote! { impl Provider for Acme {} }).to_string();

        assert!(told.contains("#[provider] takes nothing"), "{told}");
    }

    #[test]
    fn only_what_is_written_is_exported_and_the_item_stays() {
        let told = told(&quote! { impl Provider for Acme { fn matching() -> Vec<Rule> { vec![] } } });

        assert!(told.starts_with("impl Provider for Acme"), "{told}");
        assert!(told.contains("export_matching") && !told.contains("export_identity"), "{told}");
    }

    #[test]
    fn what_is_wrong_inside_an_impl_is_told_as_it_is() {
        let told = told(&quote! { impl Provider for Acme { fn } });

        assert!(told.contains("compile_error") && !told.contains("stands on an impl"), "{told}");
    }

    #[test]
    fn a_hook_gets_its_mark_and_a_provider_asks_for_the_marks_of_all() {
        let hook = told(&quote! { impl OnError for Acme {} });
        let provider = told(&quote! { impl Provider for Acme {} });

        assert!(hook.contains("marks :: OnError for Acme"), "{hook}");
        for (hook, _) in HOOKS {
            let remedy = format!("`impl {hook} for Acme`: write #[provider] above it");
            assert!(provider.contains(&remedy), "{hook}: {provider}");
        }
    }
}

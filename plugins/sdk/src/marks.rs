//! Whether what stands in the source is exported, too: a forgotten `#[provider]` is an error of the compiler with the
//! remedy in it, not a component that lacks a part.
//!
//! [`provider`](macro@crate::provider) gives a type a mark for each impl that it stands on. That of `Provider` asks for
//! all: the compiler takes the answer `true` of an inherent impl where its bound holds, and otherwise that of
//! [`Otherwise`].

use std::marker::PhantomData;

/// The component exports this `Provider`.
///
/// ```compile_fail
/// use mcphub_plugin::prelude::*;
///
/// struct Acme;
///
/// impl Provider for Acme {
///     fn identity() -> Identity {
///         identity("acme", "1.0.0", "Acme", "https://acme.example/", &["mcp.acme.example"])
///     }
///     fn matching() -> Vec<Rule> {
///         Vec::new()
///     }
/// }
///
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "the component would not export `impl Provider for {Self}`",
    label = "write `#[provider]` above this impl"
)]
pub trait Exported {}

/// Asks which hooks a type implements. One without a mark does not compile:
///
/// ```compile_fail
/// use mcphub_plugin::prelude::*;
///
/// struct Acme;
///
/// #[provider]
/// impl Provider for Acme {
///     fn identity() -> Identity {
///         identity("acme", "1.0.0", "Acme", "https://acme.example/", &["mcp.acme.example"])
///     }
///     fn matching() -> Vec<Rule> {
///         Vec::new()
///     }
/// }
///
/// impl OnGranted for Acme {
///     fn read(_: Context, _: Option<String>, _: Vec<Pair>) -> Granted {
///         Granted::AsRequested
///     }
/// }
///
/// # fn main() {}
/// ```
pub struct Written<T>(PhantomData<T>);

/// Asks which hooks of a type are exported.
pub struct Marked<T>(PhantomData<T>);

/// The mark of each hook, and the questions after both.
macro_rules! hooks {
    ($($hook:ident $constant:ident,)*) => {
        /// Where no bound holds.
        pub trait Otherwise {
            $(
                #[doc = concat!("Not `", stringify!($hook), "`.")]
                const $constant: bool = false;
            )*
        }

        impl<T> Otherwise for Written<T> {}

        impl<T> Otherwise for Marked<T> {}

        $(
            #[doc = concat!("The component exports this `", stringify!($hook), "`.")]
            pub trait $hook {}

            impl<T: crate::hooks::$hook> Written<T> {
                #[doc = concat!("Is `", stringify!($hook), "`.")]
                pub const $constant: bool = true;
            }

            impl<T: $hook> Marked<T> {
                #[doc = concat!("Is `", stringify!($hook), "`.")]
                pub const $constant: bool = true;
            }
        )*
    };
}

hooks! {
    OnMatch ON_MATCH,
    OnProtectedResource ON_PROTECTED_RESOURCE,
    OnServerMetadata ON_SERVER_METADATA,
    OnRegistration ON_REGISTRATION,
    OnAuthorize ON_AUTHORIZE,
    OnCallback ON_CALLBACK,
    OnScopesFor ON_SCOPES_FOR,
    OnGranted ON_GRANTED,
    OnError ON_ERROR,
    OnSetup ON_SETUP,
    Flow FLOW,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hooks::Granted;
    use crate::{Context, Pair};

    struct Hooked;

    impl crate::hooks::OnGranted for Hooked {
        fn read(_: Context, _: Option<String>, _: Vec<Pair>) -> Granted {
            Granted::AsRequested
        }
    }

    impl OnMatch for Hooked {}

    #[test]
    fn what_is_written_and_what_is_marked_are_told_apart() {
        assert_eq!((<Written<Hooked>>::ON_GRANTED, <Marked<Hooked>>::ON_GRANTED), (true, false));
        assert_eq!((<Written<Hooked>>::ON_MATCH, <Marked<Hooked>>::ON_MATCH), (false, true));
    }
}

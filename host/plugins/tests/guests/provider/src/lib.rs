//! A plugin that exports all of the contract, honestly, unless it is ordered otherwise.
//!
//! The order is text in the component's data, which a test writes over before it loads the component: one build serves
//! every test. `do=…` names the one thing that it does wrong; `id`, `host`, `priority` and `ask` set its identity and its
//! rule.

wit_bindgen::generate!({ path: "../../../../../wit/provider/v0.1", world: "provider" });

mod hooks;
mod later;
mod login;
mod profile;

/// The one type that implements every interface.
struct Provider;

export!(Provider);

const MARK: &[u8] = b"mcphub-test-order:";

static ORDER: [u8; 256] = {
    let mut bytes = [b' '; 256];
    let mut index = 0;
    while index < MARK.len() {
        bytes[index] = MARK[index];
        index += 1;
    }
    bytes
};

/// What the order says of `key`.
fn order(key: &str) -> Option<&'static str> {
    let bytes = std::hint::black_box(&ORDER);
    let text = std::str::from_utf8(&bytes[MARK.len()..]).ok()?.trim_end();
    text.split(';').find_map(|part| part.strip_prefix(key)?.strip_prefix('='))
}

/// Whether this is the thing to do wrong.
fn ordered(what: &str) -> bool {
    order("do") == Some(what)
}

use mcphub::provider::types::{Pair, Param, Piece, Slot, Template};

fn literal(text: &str) -> Template {
    vec![Piece::Literal(text.into())]
}

fn slot(slot: Slot) -> Template {
    vec![Piece::Slot(slot)]
}

fn pair(name: &str, value: &str) -> Pair {
    Pair { name: name.into(), value: value.into() }
}

fn param(name: &str, value: Template) -> Param {
    Param { name: name.into(), value }
}

/// The item, if it is ordered.
fn when<T>(what: &str, item: T) -> Vec<T> {
    if ordered(what) { vec![item] } else { Vec::new() }
}

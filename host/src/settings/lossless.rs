//! Whatever a person's file looks like, a change of the hub's own part leaves every byte of theirs.

use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::document::Document;

const GRANTS: (&str, &str) = ("obtained", "grants");

/// White space as people and tools leave it; comments where `comments`.
fn gap(comments: bool) -> BoxedStrategy<&'static str> {
    let plain = prop_oneof![
        4 => Just(""), 3 => Just(" "), 1 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\t"), 1 => Just("\n\n   "), 1 => Just("  \n\t")
    ];
    if comments {
        prop_oneof![8 => plain, 1 => Just(" /* a, { [ */ "), 1 => Just(" // b, } ]\n"), 1 => Just("//c\r\n\r\n")]
            .boxed()
    } else {
        plain.boxed()
    }
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("-1.50e+3".to_owned()),
        Just(r#""${VAR} // \"x\" \u00e9 ü \ud83d\ude00""#.to_owned()),
        "[a-z ]{0,6}".prop_map(|text| format!("\"{text}\"")),
        (0_u32..1000).prop_map(|number| number.to_string()),
    ]
}

/// Items between brackets, with a comma after the last where `trailing`.
fn bracketed(items: Vec<(String, &str, &str)>, brackets: [char; 2], trailing: bool, last: &str) -> String {
    let count = items.len();
    let [open, close] = brackets;
    let mut text = String::from(open);
    for (index, (item, before, after)) in items.into_iter().enumerate() {
        let comma = if index + 1 < count || trailing { "," } else { "" };
        text.extend([before, &item, after, comma]);
    }
    format!("{text}{last}{close}")
}

fn value(odd: bool) -> BoxedStrategy<String> {
    leaf()
        .prop_recursive(3, 24, 4, move |inner| {
            let array = prop::collection::vec((inner.clone(), gap(odd), gap(odd)), 0..4);
            let array = (array, any::<bool>(), gap(odd))
                .prop_map(move |(items, trailing, last)| bracketed(items, ['[', ']'], trailing && odd, last));
            prop_oneof![array, object(inner, odd)]
        })
        .boxed()
}

fn object(inner: BoxedStrategy<String>, odd: bool) -> BoxedStrategy<String> {
    let member = ("[a-m]{1,5}", gap(odd), gap(odd), inner)
        .prop_map(|(key, before, after, value)| format!("\"{key}\"{before}:{after}{value}"));
    let members = prop::collection::vec((member, gap(odd), gap(odd)), 0..5);
    (members, any::<bool>(), gap(odd))
        .prop_map(move |(items, trailing, last)| bracketed(items, ['{', '}'], trailing && odd, last))
        .boxed()
}

/// The text of a whole settings file.
fn file(odd: bool) -> impl Strategy<Value = String> {
    let bom = prop_oneof![3 => Just(""), 1 => Just("\u{feff}")];
    (bom, gap(odd), object(value(odd), odd), gap(odd))
        .prop_map(|(bom, before, object, after)| format!("{bom}{before}{object}{after}"))
}

fn document(text: &str) -> Document {
    Document::parse(text).unwrap_or_else(|_| panic!("{text}"))
}

fn persons_part(document: &Document) -> Map<String, Value> {
    let mut value = document.value();
    value.remove(GRANTS.0);
    value
}

fn is_subsequence(part: &str, whole: &str) -> bool {
    let mut bytes = whole.bytes();
    part.bytes().all(|wanted| bytes.any(|byte| byte == wanted))
}

/// The text before and after the value of `obtained`.
fn around(text: &str) -> (String, String) {
    let bare = text.trim_start_matches('\u{feff}');
    let tree = parse_to_ast(bare, &CollectOptions::default(), &ParseOptions::default()).expect("parses").value;
    let object = tree.as_ref().and_then(|tree| tree.as_object()).expect("an object");
    let member = object.properties.iter().rev().find(|member| member.name.as_str() == GRANTS.0).expect("obtained");
    let range = member.value.range();
    (bare[..range.start].to_owned(), bare[range.end..].to_owned())
}

fn check(original: &str) {
    let mut document = document(original);
    let part = persons_part(&document);
    let strict = serde_json::from_str::<Value>(original.trim_start_matches('\u{feff}')).is_ok();

    document.put_entry(GRANTS, None, &json!({"server": "a", "tokens": [1, {}]})).expect("added");
    let first = document.text();
    document.put_entry(GRANTS, None, &json!({"server": "b"})).expect("added");
    document.put_entry(GRANTS, Some(0), &json!({"server": "c"})).expect("exchanged");
    document.put_entry(("obtained", "clients"), None, &json!({"server": "d"})).expect("added");
    let second = document.text();
    let entries = document.entries(GRANTS.0, GRANTS.1);
    document.remove_entry(GRANTS, 0);
    document.remove_entry(GRANTS, 0);
    let last = document.text();

    assert!(is_subsequence(original, &first), "{first}");
    assert_eq!(entries, [json!({"server": "c"}), json!({"server": "b"})]);
    assert_eq!(around(&first), around(&second));
    assert_eq!(around(&first), around(&last));
    for text in [&first, &second, &last] {
        let document = self::document(text);
        assert_eq!(persons_part(&document), part, "{text}");
        assert_eq!(text.starts_with('\u{feff}'), original.starts_with('\u{feff}'));
        assert!(!strict || serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')).is_ok(), "{text}");
    }
    assert_eq!(document.section(GRANTS.0), Some(json!({"grants": [], "clients": [{"server": "d"}]})));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plain_file_keeps_its_bytes_and_stays_plain(text in file(false)) {
        check(&text);
    }

    #[test]
    fn a_file_with_comments_and_trailing_commas_keeps_its_bytes(text in file(true)) {
        check(&text);
    }
}

//! What is changed, and what keeps its bytes.

use super::*;

const ODD: &str = "\u{feff}{ // mine\r\n\r\n\t\"mcpServers\" : {\"a\":{ \"url\":\"https://a.example\" , \"x-own\": [1,  2] }},\r\n\t\"other\": \"${VAR}\" // last\r\n\r\n}\r\n";
const GRANTS: (&str, &str) = ("obtained", "grants");

fn document(text: &str) -> Document {
    Document::parse(text).expect("parses")
}

#[test]
fn a_new_section_is_written_at_the_end_in_the_persons_style() {
    let mut document = document(ODD);

    document.put_entry(GRANTS, None, &json!({"server": "a"})).expect("put");

    let added =
        "\r\n\t\"obtained\": {\r\n\t\t\"grants\": [\r\n\t\t\t{\r\n\t\t\t\t\"server\": \"a\"\r\n\t\t\t}\r\n\t\t]\r\n\t}";
    let expected = ODD.replace("\"${VAR}\" // last", &format!("\"${{VAR}}\", // last{added}"));
    assert_eq!(document.text(), expected);
}

#[test]
fn entries_are_put_exchanged_and_taken_out_without_touching_the_others() {
    let text = "{\n  \"obtained\": {\n    \"grants\": [\n      {\"a\":   1}, // first\n      2\n    ],\n    \"mine\": 1\n  }\n}\n";
    let mut document = document(text);

    document.put_entry(GRANTS, Some(1), &json!(3)).expect("exchanged");
    assert_eq!(document.text(), text.replace("      2\n", "      3\n"));
    document.put_entry(GRANTS, None, &json!({"b": 2})).expect("added");
    document.remove_entry(GRANTS, 1);
    document.remove_entry(GRANTS, 1);

    assert_eq!(document.entries("obtained", "grants"), [json!({"a": 1})]);
    assert!(document.text().contains("{\"a\":   1} // first\n"), "{}", document.text());
}

#[test]
fn a_file_in_one_line_stays_in_one_line() {
    let mut document = document(r#"{"mcpServers":{}}"#);

    document.put_entry(GRANTS, None, &json!({"server": "a"})).expect("put");

    assert_eq!(document.text(), r#"{"mcpServers":{}, "obtained": {"grants":[{"server":"a"}]}}"#);
}

#[test]
fn members_of_a_servers_oauth_are_added_where_they_belong() {
    let mut document = document(ODD);

    document.set(&["mcpServers", "a", "oauth", "clientId"], &json!("c")).expect("set");
    document.set(&["mcpServers", "a", "oauth", "inputs", "tenant"], &json!("t")).expect("set");
    document.set(&["mcpServers", "a", "oauth", "clientId"], &json!("d")).expect("set");

    let expected = r#""x-own": [1,  2], "oauth": {"clientId":"d", "inputs": {"tenant":"t"}} }"#;
    assert!(document.text().contains(expected), "{}", document.text());
}

#[test]
fn of_two_members_of_the_same_name_the_last_one_counts_and_is_changed() {
    let mut document = document("{\"a\": 1, \"a\": 2}");

    document.set(&["a"], &json!(3)).expect("set");

    assert_eq!(document.text(), "{\"a\": 1, \"a\": 3}");
    assert_eq!(document.section("a"), Some(json!(3)));
}

#[test]
fn a_name_that_stands_twice_is_found() {
    let document = document(
        r#"{"mcpServers": {"a": {"env": {"X": 1, "X": 2}}, "b": {}, "a": {}}, "obtained": {"a": 1, "a": 2}, "c": {"a": 1}}"#,
    );

    assert_eq!(document.repeated(), ["mcpServers.a.env.X", "mcpServers.a"]);
}

#[test]
fn what_the_person_put_in_the_way_is_not_overwritten() {
    let mut document = document("{\"obtained\": {\"grants\": null}, \"a\": \"text\"}");

    let error = document.set(&["a", "b"], &json!(1)).expect_err("a text is in the way");
    document.put_entry(GRANTS, None, &json!(1)).expect("null is nothing");
    let list = document.put_entry(GRANTS, None, &json!(2));

    assert_eq!(error, InTheWay("a".to_owned()));
    assert_eq!(list, Ok(()));
    assert_eq!(document.text(), "{\"obtained\": {\"grants\": [1, 2]}, \"a\": \"text\"}");
}

#[test]
fn a_list_that_is_none_is_not_overwritten() {
    for text in ["{\"obtained\": {\"grants\": {}}}", "{\"obtained\": 5}"] {
        let mut document = document(text);

        let result = document.put_entry(GRANTS, None, &json!(1));

        assert!(result.is_err());
        assert_eq!(document.text(), text);
    }
}

#[test]
fn what_is_no_json_and_what_is_no_object_are_refused() {
    for text in ["{ \"a\": ", "", "{'a': 1}", "{a: 1}", "{\"a\": 0x1}", "{\"a\": .5}", "{\"a\": NaN}", "{\"a\" 1}"] {
        assert!(matches!(Document::parse(text), Err(NotADocument::Json(_))), "{text}");
    }
    assert!(matches!(Document::parse("[]"), Err(NotADocument::NotAnObject)));
}

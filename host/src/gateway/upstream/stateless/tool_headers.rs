//! Which arguments of which tool go into headers, by the last list of tools that the server gave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, HeaderName};
use serde_json::value::RawValue;

use crate::gateway::header_value::encoded;
use crate::gateway::lock::lock;
use crate::gateway::mcp_headers::PARAM;
use crate::gateway::message::{Fields, Message, fields, object, string};
use crate::gateway::repair::header_arguments::{HeaderArgument, of_tool};

/// Tools with such arguments that are remembered. The calls of any more go without these headers.
const MOST_TOOLS: usize = 10_000;

/// The table of one server, for all its sessions.
#[derive(Default)]
pub(crate) struct ToolHeaders(Mutex<HashMap<String, Arc<Vec<HeaderArgument>>>>);

impl ToolHeaders {
    /// Reads a page of the list of tools.
    pub(super) fn note(&self, result: Option<&RawValue>) {
        let page = object_list(result);
        let mut table = lock(&self.0);
        for tool in page {
            let Some(name) = string(&tool, "name") else { continue };
            let marked = of_tool(&tool);
            if marked.is_empty() {
                table.remove(&name);
            } else if table.len() < MOST_TOOLS || table.contains_key(&name) {
                table.insert(name, Arc::new(marked));
            }
        }
    }

    /// The headers for the arguments of a call.
    pub(super) fn of_call(&self, call: &Message) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if call.method() != Some("tools/call") {
            return headers;
        }
        let params = call.params();
        let marked = string(&params, "name").and_then(|name| lock(&self.0).get(&name).cloned());
        let arguments = object(&params, "arguments");
        for argument in marked.iter().flat_map(|marked| marked.iter()) {
            let name = HeaderName::from_bytes(format!("{PARAM}{}", argument.header).as_bytes()).ok();
            let value = argument.value(&arguments).and_then(|value| encoded(&value));
            if let Some((name, value)) = name.zip(value) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

fn object_list(result: Option<&RawValue>) -> Vec<Fields> {
    let members = fields(result);
    let all = members.get("tools").and_then(|tools| serde_json::from_str::<Vec<&RawValue>>(tools.get()).ok());
    all.unwrap_or_default().into_iter().map(|tool| fields(Some(tool))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::message::{Id, raw};

    fn table(properties: &Value) -> ToolHeaders {
        let table = ToolHeaders::default();
        let tool = json!({ "name": "t", "inputSchema": { "type": "object", "properties": properties } });
        table.note(Some(&raw(&json!({ "tools": [tool] }))));
        table
    }

    fn headers(table: &ToolHeaders, arguments: &Value) -> Vec<(String, String)> {
        let params = fields(Some(&raw(&json!({ "name": "t", "arguments": arguments }))));
        let headers = table.of_call(&Message::request(Id::of("1"), "tools/call", &params));
        let text = |value: &http::HeaderValue| value.to_str().expect("text").to_owned();
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
    }

    #[test]
    fn marked_arguments_that_are_there_become_headers() {
        let table = table(&json!({
            "region": { "type": "string", "x-mcp-header": "Region" },
            "count": { "type": "integer", "x-mcp-header": "Count" },
            "deep": { "type": "object", "properties": { "flag": { "type": "boolean", "x-mcp-header": "Flag" } } },
            "empty": { "type": "string", "x-mcp-header": "Empty" },
            "none": { "type": "string", "x-mcp-header": "None" },
            "absent": { "type": "string", "x-mcp-header": "Absent" },
            "plain": { "type": "string" },
        }));

        let mut sent = headers(
            &table,
            &json!({ "region": "é", "count": 42, "deep": { "flag": false }, "empty": "", "none": null, "plain": "p" }),
        );
        sent.sort();

        let expected = [
            ("mcp-param-count", "42"),
            ("mcp-param-empty", ""),
            ("mcp-param-flag", "false"),
            ("mcp-param-region", "=?base64?w6k=?="),
        ];
        assert_eq!(sent, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn the_last_list_counts() {
        let table = table(&json!({ "region": { "type": "string", "x-mcp-header": "Region" } }));
        let without = json!({ "tools": [{ "name": "t", "inputSchema": { "type": "object" } }] });

        table.note(Some(&raw(&without)));

        assert!(headers(&table, &json!({ "region": "x" })).is_empty());
    }
}

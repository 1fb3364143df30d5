//! Commands whose messages are not one line each.

use mcphub::settings::Transport;
use serde_json::json;

use crate::client::{Client, text};
use crate::hub::Hub;

/// A hub with one command. `say` is a shell function that writes its argument in the way that the command writes
/// messages.
async fn hub_of(say: &str) -> Hub {
    let script = format!(
        r#"say() {{ {say}
}}
while read -r line; do id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/'); case "$line" in
  *'"initialize"'*) say '{{"jsonrpc":"2.0","id":1,"result":{{"protocolVersion":"2025-11-25","capabilities":{{"tools":{{}}}},"serverInfo":{{"name":"s","version":"1"}}}}}}';;
  *'"tools/list"'*) say '{{"jsonrpc":"2.0","id":'$id',"result":{{"tools":[{{"name":"x","inputSchema":{{"type":"object"}}}}]}}}}';;
  *'"tools/call"'*) say '{{"jsonrpc":"2.0","id":'$id',"result":{{"content":[{{"type":"text","text":"said {{é}}"}}]}}}}';;
esac; done"#
    );
    Hub::with(&[("a", "http://127.0.0.1:1/")], |server| {
        server.transport = Transport::Stdio {
            command: "sh".into(),
            args: vec!["-c".to_owned(), script.clone()].into(),
            env: Vec::new(),
            inherits_environment: true,
            directory: None,
        };
        server.start_timeout = Some(std::time::Duration::from_secs(10));
        server.timeout = Some(std::time::Duration::from_secs(10));
    })
    .await
}

#[tokio::test]
async fn messages_over_several_lines_or_with_a_content_length_are_understood() {
    // Starts a new line after each comma that is outside of a string.
    let pretty = r#"echo 'Starting {'; echo '{'; echo "${1#?}" | sed 's/,"/,\n  "/g; s/:{/: {\n/g'"#;
    let framed = r#"echo "a log line"; printf 'Content-Length: %s\r\nContent-Type: application/json\r\n\r\n%s' "$(printf %s "$1" | wc -c)" "$1""#;

    let among = r#"echo "> $1 -- done""#;

    for say in [pretty, framed, among] {
        let hub = hub_of(say).await;
        let client = Client::connect(&hub.url("/mcp/a")).await;

        assert_eq!(client.greeting["serverInfo"]["name"], "s", "{say}");
        assert_eq!(client.tools().await, ["x"], "{say}");
        assert_eq!(text(&client.call("x", json!({})).await), "said {é}", "{say}");
    }
}

//! Many commands that start at once.

use std::time::Duration;

use crate::fake_command::run;
use crate::hub::Hub;

/// Answers like a server. Each start takes about a tenth of a second of one core: all at once would take longer than one may.
const SCRIPT: &str = r#"i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; while read -r line; do id=${line#*\"id\":}; id=${id%%[,\}]*}; case "$line" in
  *'"initialize"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}';;
  *'"tools/list"'*) echo '{"jsonrpc":"2.0","id":'$id',"result":{"tools":[{"name":"x","inputSchema":{"type":"object"}}]}}';;
esac; done"#;

#[tokio::test]
async fn a_hundred_commands_come_up_although_all_starts_together_take_longer_than_one_may() {
    let names: Vec<String> = (0..100).map(|number| format!("s{number}")).collect();
    let servers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "http://127.0.0.1:1/")).collect();
    let hub = Hub::with(&servers, |server| {
        run(server, "sh", &["-c", SCRIPT]);
        server.start_timeout = Some(Duration::from_secs(2));
    })
    .await;

    let tools = tokio::time::timeout(Duration::from_secs(100), hub.gateway.tools(None)).await.expect("in time");

    assert_eq!(tools.len(), 100);
    assert_eq!(hub.gateway.running_commands(), 100);
    hub.gateway.stop().await;
    assert_eq!(hub.gateway.running_commands(), 0);
}

//! Debian's nginx as a plain reverse proxy: what a request costs where nobody reads it.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::answers::TOKEN;
use crate::child::{Listening, Proxy, free_address};
use crate::process::children;

/// Where Debian puts it; it is in the path of few people.
const PROGRAMS: [&str; 2] = ["nginx", "/usr/sbin/nginx"];

pub(crate) struct Nginx {
    pub(crate) proxy: Proxy,
    _directory: TempDir,
}

/// The program, if it is installed.
pub(crate) fn program() -> Option<&'static str> {
    let runs = |program: &&&str| {
        let mut command = Command::new(program);
        command.arg("-v").stdin(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    PROGRAMS.iter().find(runs).copied()
}

impl Nginx {
    /// Starts it in front of this server.
    pub(crate) async fn start(program: &str, server: SocketAddr) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let address = free_address();
        let settings = directory.path().join("nginx.conf");
        std::fs::write(&settings, configuration(address, server)).expect("written");
        let mut command = Command::new(program);
        command.arg("-p").arg(directory.path()).arg("-c").arg(&settings).args(["-e", "error.log"]);
        let proxy = Proxy::start(&mut command, directory.path(), &Listening { address, path: "/plain/0" }).await;
        Self { proxy, _directory: directory }
    }

    /// Its processes: the master and its workers.
    pub(crate) fn processes(&self) -> Vec<u32> {
        let master = self.proxy.id();
        [children(master), vec![master]].concat()
    }
}

/// Workers of root would be of a user who may not enter the directory.
fn user() -> &'static str {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if is_root { "user root;" } else { "" }
}

fn configuration(address: SocketAddr, server: SocketAddr) -> String {
    let user = user();
    let to_server = format!(
        "proxy_pass http://fast; proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_set_header Host {server};"
    );
    format!(
        "daemon off; worker_processes 2; pid nginx.pid; error_log error.log; {user}
events {{ worker_connections 4096; }}
http {{
    access_log access.log combined;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_timeout 600s; keepalive_requests 1000000000;
    upstream fast {{
        server {server}; keepalive 512; keepalive_requests 1000000000; keepalive_timeout 600s;
    }}
    server {{
        listen {address};
        location / {{ {to_server} }}
        location /login/ {{ {to_server} proxy_set_header Authorization \"Bearer {TOKEN}\"; }}
    }}
}}
"
    )
}

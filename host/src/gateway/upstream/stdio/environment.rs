//! Which of the hub's environment variables a command gets: those that programs need to run, and none that may hold a
//! secret.
//!
//! The lists begin with `getDefaultEnvironment` of the official MCP SDKs. The rest says where a tool chain, its cache,
//! a proxy or a certificate is. Anything else has to be in an entry's own `env`, or needs `"inheritEnv": true`.

use crate::settings::Environment;

/// The hub's own secrets. No command gets them in any case.
pub(super) const OWN_SECRETS: [&str; 2] =
    ["MCPHUB_CREDENTIAL_ENCRYPTION_KEY", "MCPHUB_CREDENTIAL_ENCRYPTION_KEY_PREVIOUS"];

/// Full names, in capitals.
#[cfg(not(windows))]
const NAMES: &[&str] = &[
    // The person and the machine.
    "HOME",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TERM",
    "USER",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "LOCALE_ARCHIVE",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    // Proxies and certificates.
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NIX_SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    // Where npx, uvx, docker and similar tools keep their files.
    "NVM_DIR",
    "NVM_BIN",
    "FNM_DIR",
    "FNM_MULTISHELL_PATH",
    "VOLTA_HOME",
    "N_PREFIX",
    "ASDF_DIR",
    "ASDF_DATA_DIR",
    "MISE_DATA_DIR",
    "PNPM_HOME",
    "BUN_INSTALL",
    "DENO_DIR",
    "COREPACK_HOME",
    "NPM_CONFIG_PREFIX",
    "NPM_CONFIG_CACHE",
    "NPM_CONFIG_REGISTRY",
    "NPM_CONFIG_USERCONFIG",
    "UV_CACHE_DIR",
    "UV_TOOL_DIR",
    "UV_TOOL_BIN_DIR",
    "UV_PYTHON_INSTALL_DIR",
    "UV_NATIVE_TLS",
    "PIPX_HOME",
    "PYENV_ROOT",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "GOPATH",
    "JAVA_HOME",
    "DOTNET_ROOT",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "DOCKER_API_VERSION",
    "CONTAINER_HOST",
];

/// Full names, in capitals.
#[cfg(windows)]
const NAMES: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "DOCKER_HOST",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
];

/// Beginnings of further names.
const BEGINNINGS: &[&str] = &["LC_", "XDG_"];

/// The variables that every command gets. Shell functions in variables are left out, as in the SDKs.
pub(super) fn safe(environment: &Environment) -> impl Iterator<Item = (&str, &str)> {
    environment.all().filter(|(name, value)| is_safe(name) && !value.starts_with("()"))
}

fn is_safe(name: &str) -> bool {
    let capitals = name.to_ascii_uppercase();
    // Proxies and npm's settings are also written in lower case. Other names on Unix are case-sensitive.
    let is_either = capitals.ends_with("_PROXY") || capitals.starts_with("NPM_CONFIG_") || cfg!(windows);
    let name = if is_either { capitals.as_str() } else { name };
    NAMES.contains(&name) || BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_get_what_they_need_to_run_and_no_secret() {
        let environment = Environment::of([
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("https_proxy", "http://proxy"),
            ("npm_config_cache", "/cache"),
            ("XDG_CACHE_HOME", "/c"),
            ("GITHUB_TOKEN", "secret"),
            ("npm_config__authToken", "secret"),
            ("NPM_TOKEN", "secret"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("MCPHUB_CREDENTIAL_ENCRYPTION_KEY", "secret"),
            ("path", "not the one"),
            ("SHELL", "() { :; }"),
        ]);

        let names: Vec<&str> = safe(&environment).map(|(name, _)| name).collect();

        assert_eq!(names, ["LC_ALL", "PATH", "XDG_CACHE_HOME", "https_proxy", "npm_config_cache"]);
    }
}

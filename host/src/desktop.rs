//! The system browser: opens a page for the person, where this machine has one.

use url::Url;

/// Browsers that take over the terminal they are started in.
const OF_TERMINALS: &[&str] = &["lynx", "links", "links2", "elinks", "w3m", "eww", "netrik", "retawq", "curl"];

/// Opens a page in the system browser. Does nothing where this machine has none. Never waits and never prints.
pub fn open(page: &Url) {
    let page = page.clone();
    // A thread of its own: looking for a browser starts programs and waits for them.
    std::thread::spawn(move || {
        if let Err(error) = webbrowser::open(page.as_str()) {
            tracing::debug!("no system browser: {error}");
        }
    });
}

/// Whether `BROWSER` names a browser for terminals, which cannot run beside a hub that logs to the same terminal.
#[must_use]
pub fn is_of_terminals(browser: &str) -> bool {
    let programs = browser.split(':').filter_map(|command| command.split_whitespace().next());
    programs.filter_map(|program| program.rsplit('/').next()).any(|name| OF_TERMINALS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_of_terminals_is_told_from_one_with_windows() {
        assert!(is_of_terminals("/usr/bin/w3m"));
        assert!(is_of_terminals("firefox:lynx -accept_all_cookies %s"));
        assert!(!is_of_terminals("firefox --new-window %s"));
        assert!(!is_of_terminals("/opt/browser/chrome"));
    }
}

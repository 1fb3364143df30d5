//! Addresses that a person may be sent to.

use url::Url;

/// Accepts an address that a person may be sent to. The value of a slot can be anything, even a script URL.
pub(crate) fn web_page(address: String) -> Option<String> {
    let url = Url::parse(&address).ok()?;
    (matches!(url.scheme(), "https" | "http") && url.has_host()).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_a_script_or_a_file() {
        for bad in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "acme.example/apps", ""] {
            assert_eq!(web_page(bad.to_owned()), None, "{bad}");
        }
        assert!(web_page("https://acme.example/apps".to_owned()).is_some());
    }
}

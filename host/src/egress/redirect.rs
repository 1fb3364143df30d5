//! Redirects. None is followed, because what a request carries is for one address; the one exception is a slash at the end
//! of the path, which some servers add and others take away.

use http::header::LOCATION;
use http::{HeaderMap, StatusCode};
use url::Url;

/// Where a redirect leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redirect {
    /// To the same address with a slash more or less at the end of its path.
    Slash(Url),
    /// Elsewhere: the address as people read it, without query.
    Elsewhere(String),
}

/// What an answer to a request at `asked` redirects to; none: it is no redirect.
pub(crate) fn redirect(asked: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Redirect> {
    if !status.is_redirection() || status == StatusCode::NOT_MODIFIED {
        return None;
    }
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    let Some(target) = location.and_then(|location| asked.join(location).ok()) else {
        return Some(Redirect::Elsewhere("an invalid address".to_owned()));
    };
    let keeps_method = matches!(status.as_u16(), 301 | 302 | 307 | 308);
    Some(if keeps_method && is_slash(asked, &target) {
        let mut next = asked.clone();
        next.set_path(target.path());
        Redirect::Slash(next)
    } else {
        Redirect::Elsewhere(without_query(&target))
    })
}

fn is_slash(asked: &Url, target: &Url) -> bool {
    let (one, other) = (asked.path(), target.path());
    let is_one_more = one.strip_suffix('/') == Some(other) || other.strip_suffix('/') == Some(one);
    let keeps_query = target.query().is_none() || target.query() == asked.query();
    let is_bare = target.username().is_empty() && target.password().is_none();
    asked.origin() == target.origin() && is_one_more && keeps_query && is_bare
}

/// An address without what may be secret in it: without user information, query and fragment.
pub(crate) fn without_query(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // A URL that cannot have user information has none to hide.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn led(asked: &str, status: u16, location: &str) -> Option<Redirect> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, location.parse().expect("a header"));
        redirect(&Url::parse(asked).expect("url"), StatusCode::from_u16(status).expect("status"), &headers)
    }

    fn slash(url: &str) -> Redirect {
        Redirect::Slash(Url::parse(url).expect("url"))
    }

    #[test]
    fn a_slash_more_or_less_is_followed() {
        for status in [301, 302, 307, 308] {
            assert_eq!(
                led("https://a.example/mcp", status, "/mcp/"),
                Some(slash("https://a.example/mcp/")),
                "{status}"
            );
        }
        assert_eq!(led("https://a.example/mcp/", 307, "https://a.example/mcp"), Some(slash("https://a.example/mcp")));
    }

    #[test]
    fn the_query_stays_that_of_the_request() {
        assert_eq!(led("https://a.example/mcp?key=1", 307, "/mcp/"), Some(slash("https://a.example/mcp/?key=1")));
        assert_eq!(led("https://a.example/mcp?key=1", 307, "/mcp/?key=1"), Some(slash("https://a.example/mcp/?key=1")));
    }

    #[test]
    fn everything_else_is_told_without_its_query() {
        let cases = [
            ("https://a.example/mcp", 307, "/login?next=secret", "https://a.example/login"),
            ("https://a.example/mcp", 307, "https://b.example/mcp/", "https://b.example/mcp/"),
            ("http://a.example/mcp", 308, "https://a.example/mcp/", "https://a.example/mcp/"),
            ("https://a.example/mcp", 308, "https://a.example:8443/mcp/", "https://a.example:8443/mcp/"),
            ("https://a.example/mcp", 303, "/mcp/", "https://a.example/mcp/"),
            ("https://a.example/mcp", 307, "/mcp//", "https://a.example/mcp//"),
            ("https://a.example/mcp", 307, "/mcp/?to=other", "https://a.example/mcp/"),
            ("https://a.example/mcp", 307, "https://ann:pw@a.example/mcp/", "https://a.example/mcp/"),
        ];
        for (asked, status, location, told) in cases {
            assert_eq!(led(asked, status, location), Some(Redirect::Elsewhere(told.to_owned())), "{location}");
        }
    }

    #[test]
    fn an_answer_that_is_no_redirect_leads_nowhere() {
        assert_eq!(led("https://a.example/mcp", 200, "/mcp/"), None);
        assert_eq!(led("https://a.example/mcp", 304, "/mcp/"), None);
    }
}

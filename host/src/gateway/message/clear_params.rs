//! Parameters that mean the same to everybody who reads them.
//!
//! Of a key that stands twice, programs read the first or the last. What the hub checks, such as the name of a tool that
//! the settings switch off, must be what the server then reads.

use super::params::ParamPlaces;
use super::{Member, Message};

/// Parameters by which the hub decides what a request may do.
const DECISIVE: [&str; 6] = ["name", "uri", "ref", "taskId", "cursor", "_meta"];

/// Why a request could mean different things to different readers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnclearRequest {
    /// The parameters of a request are no object.
    #[error("the params of the request are not an object; send them by name")]
    ParamsNotAnObject,
    /// A key that some programs take for another one, whatever its letters' case.
    #[error("the request has {0}, which some servers read as another key; write keys as the specification does")]
    Key(String),
}

impl Message {
    /// The same request, in whose parameters each key stands once: the last one counts.
    pub(crate) fn with_clear_params(self) -> Result<Self, UnclearRequest> {
        if self.parts.envelope.is_mistakable() {
            return Err(UnclearRequest::Key("a member like one of JSON-RPC".to_owned()));
        }
        match self.parts.envelope.get(Member::Params) {
            // Some clients write `null` where there are no parameters.
            None | Some("null") => Ok(self),
            Some(_) => match self.parts.envelope.params() {
                None => Err(UnclearRequest::ParamsNotAnObject),
                Some((text, places)) => match (mistakable(text, places), places.has_double()) {
                    (Some(key), _) => Err(UnclearRequest::Key(format!("{key:?}"))),
                    (None, true) => {
                        let params = self.params();
                        Ok(self.with_params(&params))
                    }
                    (None, false) => Ok(self),
                },
            },
        }
    }
}

/// A key of the parameters, or of the reference in them, that is no decisive one, and is one for some readers.
fn mistakable(text: &str, params: &ParamPlaces) -> Option<String> {
    let of_reference = || {
        let reference = params.get(text, "ref")?;
        ParamPlaces::of(reference)?.mistakable(reference, &DECISIVE).map(str::to_owned)
    };
    params.mistakable(text, &DECISIVE).map(str::to_owned).or_else(of_reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(params: &str) -> Result<String, UnclearRequest> {
        let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{params}}}"#);
        let message = Message::parse(request.as_bytes()).expect("a message").with_clear_params()?;
        Ok(message.parts.envelope.get(Member::Params).expect("params").to_owned())
    }

    #[test]
    fn of_a_key_that_stands_twice_the_last_one_stays() {
        assert_eq!(clear(r#"{"name":"a","x":1.0,"n\u0061me":"b"}"#).as_deref(), Ok(r#"{"name":"b","x":1.0}"#));
    }

    #[test]
    fn other_parameters_stay_as_they_were_written() {
        for params in [r#"{ "b" : 1.50, "a":{"c":1,"c":2}}"#, "{}", "null"] {
            assert_eq!(clear(params).as_deref(), Ok(params));
        }
    }

    #[test]
    fn parameters_that_are_no_object_are_refused() {
        for params in ["[]", r#"["a"]"#, "7", r#""a""#, "true"] {
            assert_eq!(clear(params), Err(UnclearRequest::ParamsNotAnObject), "{params}");
        }
    }

    #[test]
    fn keys_that_some_readers_take_for_others_are_refused() {
        for params in
            [r#"{"name":"a","Name":"b"}"#, r#"{"URI":"x"}"#, r#"{"ref":{"Uri":"x"}}"#, r#"{"tas\u212aId":"t"}"#]
        {
            assert!(matches!(clear(params), Err(UnclearRequest::Key(_))), "{params}");
        }
        assert!(clear(r#"{"name":"a","arguments":{"Name":"b"},"Other":1}"#).is_ok());
        let request = br#"{"jsonrpc":"2.0","id":1,"method":"ping","Method":"tools/call"}"#;
        let message = Message::parse(request).expect("a message");
        assert!(matches!(message.with_clear_params(), Err(UnclearRequest::Key(_))));
    }
}

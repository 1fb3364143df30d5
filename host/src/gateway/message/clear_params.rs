//! Parameters that mean the same to everybody who reads them.
//!
//! Of a key that stands twice, programs read the first or the last. What the hub checks, such as the name of a tool that
//! the settings switch off, must be what the server then reads.

use super::{Member, Message};
use crate::gateway::json::Members;

/// The parameters of a request are no object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the params of the request are not an object; send them by name")]
pub(crate) struct ParamsNotAnObject;

impl Message {
    /// The same request, in whose parameters each key stands once: the last one counts.
    pub(crate) fn with_clear_params(self) -> Result<Self, ParamsNotAnObject> {
        match self.envelope.get(Member::Params) {
            // Some clients write `null` where there are no parameters.
            None | Some("null") => Ok(self),
            Some(params) => match Members::of(params) {
                None => Err(ParamsNotAnObject),
                Some(members) if members.has_double() => {
                    let params = self.params();
                    Ok(self.with_params(&params))
                }
                Some(_) => Ok(self),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(params: &str) -> Result<String, ParamsNotAnObject> {
        let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{params}}}"#);
        let message = Message::parse(request.as_bytes()).expect("a message").with_clear_params()?;
        Ok(message.envelope.get(Member::Params).expect("params").to_owned())
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
            assert_eq!(clear(params), Err(ParamsNotAnObject), "{params}");
        }
    }
}

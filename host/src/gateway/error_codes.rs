//! The codes of errors, each written once.

/// JSON-RPC: the message is not a valid request.
pub(crate) const INVALID_REQUEST: i64 = -32600;
/// JSON-RPC: the method does not exist.
pub(crate) const METHOD_NOT_FOUND: i64 = -32601;
/// JSON-RPC: the parameters are wrong.
pub(crate) const INVALID_PARAMS: i64 = -32602;
/// JSON-RPC: something failed at the side that answers.
pub(crate) const INTERNAL_ERROR: i64 = -32603;
/// A server's failure, in the range that JSON-RPC leaves to implementations.
pub(crate) const SERVER_ERROR: i64 = -32000;
/// Revision 2025-11-25 and earlier: the resource does not exist (Resources, "Error Handling").
pub(crate) const RESOURCE_NOT_FOUND: i64 = -32002;
/// Revision 2025-11-25: the person has to open a page before the call goes on (Elicitation).
pub(crate) const URL_ELICITATION_REQUIRED: i64 = -32042;
/// Revision 2026-07-28: what is said outside the body differs from it (Base Protocol, "Error Codes").
pub(crate) const HEADER_MISMATCH: i64 = -32020;
/// Revision 2026-07-28: the client did not declare a capability that the request needs.
pub(crate) const MISSING_CAPABILITY: i64 = -32021;
/// Revision 2026-07-28: the server does not speak the revision of the request.
pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;

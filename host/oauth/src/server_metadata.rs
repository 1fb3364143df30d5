//! Authorization server metadata (RFC 8414, `OpenID` Connect Discovery 1.0), with a profile's fill-ins.

mod checked;
mod complete;
mod document;
#[cfg(test)]
mod tests;

pub use checked::ServerMetadata;
pub use complete::{complete, unusable_endpoints};
pub use document::{LIFETIME, MetadataError, accept, lifetime, request};

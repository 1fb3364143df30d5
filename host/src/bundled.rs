//! The plugins that come with the hub, as components. The build script makes them from `plugins/`.

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));
include!(concat!(env!("OUT_DIR"), "/sources.rs"));

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn together_they_stay_small() {
        let bytes: usize = BUNDLED.iter().map(|(_, component)| component.len()).sum();

        assert_eq!(BUNDLED.len(), 25);
        assert!(bytes < 4_000_000, "{bytes} bytes");
    }

    #[test]
    fn each_has_the_digest_that_was_made_with_it() {
        let digests: Vec<String> = BUNDLED.iter().map(|(_, bytes)| format!("{:x}", Sha256::digest(bytes))).collect();

        assert_eq!(digests, DIGESTS);
    }
}

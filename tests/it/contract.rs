//! A change of the contract is made on purpose: the digest of every interface stands here. Version 0.1 may change until it is
//! released, with its digest; from then on interfaces are added, never changed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Each interface of version 0.1 without comments and blanks.
const KNOWN: &[(&str, &str)] = &[
    ("authorization", "bacf0152a9993ac8"),
    ("callback", "782046c49a2dfff6"),
    ("errors", "32e619203d74d044"),
    ("flow", "13a8fbea2f5db3bd"),
    ("identity", "0a46656862f62f61"),
    ("inputs", "8f642aaee1350520"),
    ("matching", "c2037fd35818a876"),
    ("metadata", "0daa51ca4048d31e"),
    ("on-authorize", "2f6dd320a47d41f6"),
    ("on-callback", "d434451f781dd018"),
    ("on-error", "de0c6eaa049d194f"),
    ("on-granted", "f28d90e9defa8912"),
    ("on-match", "d4d5edddbdd957c5"),
    ("on-protected-resource", "58f2a13fb18df938"),
    ("on-registration", "5db950b7e6dd02f4"),
    ("on-scopes-for", "1cc2504fc37f501f"),
    ("on-server-metadata", "08d0c8cc54fa8303"),
    ("on-setup", "d6c8749d9f0cb9a2"),
    ("refresh", "98c3f8eb1aa1d829"),
    ("registration", "75580c60918c6321"),
    ("requests", "11805c8282b13de5"),
    ("resource-indicator", "811e3155157713d1"),
    ("revocation", "d850d1c183aa110d"),
    ("scopes", "56538520a441f876"),
    ("setup", "774e9a0c935f0a36"),
    ("token-request", "bce6f00448fc0acb"),
    ("token-response", "345e3faf46a479df"),
    ("types", "e1b60b6fe31dd909"),
];

fn text() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/provider/v0.1");
    let mut text = String::new();
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the contract").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "wit")) {
        for line in std::fs::read_to_string(path).expect("text").lines() {
            let code = line.split("//").next().unwrap_or_default();
            text.extend(code.chars().filter(|c| !c.is_whitespace()));
        }
    }
    text
}

/// Name and digest of every interface.
fn interfaces(text: &str) -> BTreeMap<String, String> {
    let mut interfaces = BTreeMap::new();
    for part in text.split("interface").skip(1) {
        let (name, body) = part.split_once('{').expect("an interface");
        let mut depth = 1;
        let end = body.find(|c| {
            depth += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0
        });
        let body = &body[..end.expect("its end")];
        let digest = Sha256::digest(body).iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        interfaces.insert(name.to_owned(), digest[..16].to_owned());
    }
    interfaces
}

#[test]
fn an_interface_changes_only_with_its_digest() {
    let interfaces = interfaces(&text());
    for (name, digest) in KNOWN {
        let now = interfaces.get(*name).map(String::as_str);
        assert_eq!(now, Some(*digest), "{name} was changed; if that is meant, write its new digest here");
    }
    let unknown: Vec<_> = interfaces.iter().filter(|(name, _)| KNOWN.iter().all(|(known, _)| known != name)).collect();
    assert!(unknown.is_empty(), "new interfaces are written down here: {unknown:#?}");
}

#[test]
fn every_interface_can_be_exported_and_the_least_is_two() {
    let text = text();
    let world = text.split("worldprovider{").nth(1).and_then(|rest| rest.split('}').next()).expect("the world");
    for (name, _) in KNOWN.iter().filter(|(name, _)| *name != "types") {
        assert!(world.contains(&format!("export{name};")), "{name}");
    }
    assert!(text.contains("worldminimal{exportidentity;exportmatching;}"));
    assert!(text.contains("packagemcphub:provider@0.1.0;"));
}

//! Private keys of JWKs in the encoding that the cryptography library reads (X.690; RFC 8017 A.1.2, RFC 5915, RFC 8410).

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const BIT_STRING: u8 = 0x03;
const SEQUENCE: u8 = 0x30;

/// The algorithm identifier `id-ecPublicKey` with the curve `prime256v1`.
const P256: [u8; 21] = [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03,
    0x01, 0x07,
];
/// The algorithm identifier `id-Ed25519` (RFC 8410 §3).
const ED25519: [u8; 7] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70];

/// `RSAPrivateKey` from n, e, d, p, q, dp, dq and qi.
pub(crate) fn rsa_private_key(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut content = integer(&[0]);
    for part in parts {
        content.extend(integer(part));
    }
    tagged(SEQUENCE, &content)
}

/// PKCS #8 of a P-256 key.
pub(crate) fn p256_private_key(d: &[u8], x: &[u8], y: &[u8]) -> Vec<u8> {
    let public = tagged(BIT_STRING, &[&[0, 4], x, y].concat());
    let key = [integer(&[1]), tagged(OCTET_STRING, d), tagged(0xa1, &public)].concat();
    pkcs8(&P256, &tagged(SEQUENCE, &key))
}

/// PKCS #8 of an Ed25519 key.
pub(crate) fn ed25519_private_key(d: &[u8]) -> Vec<u8> {
    pkcs8(&ED25519, &tagged(OCTET_STRING, d))
}

fn pkcs8(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    let content = [integer(&[0]), algorithm.to_vec(), tagged(OCTET_STRING, key)].concat();
    tagged(SEQUENCE, &content)
}

/// A number that is not negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len().saturating_sub(1));
    let digits = bytes.get(start..).unwrap_or_default();
    let sign: &[u8] = if digits.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    tagged(INTEGER, &[sign, digits].concat())
}

fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let start = length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1);
    let length = length.get(start..).unwrap_or_default();
    let mut encoded = vec![tag];
    match length {
        [short] if *short < 0x80 => encoded.push(*short),
        long => {
            encoded.push(0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX));
            encoded.extend(long);
        }
    }
    encoded.extend(content);
    encoded
}

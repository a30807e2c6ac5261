//! `crypto`: digests, message authentication, base64, hexadecimal digits, and random bytes.
//!
//! Digests are told in lower-case hexadecimal digits. What is random comes from the operating
//! system and can be used as a secret.

use std::ffi::c_int;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::arguments::{bytes, number, push_functions, text};
use crate::error::Failure;
use crate::raw::{CFunction, Number, State, function};

/// More bytes than a script has a use for at once.
const MOST_RANDOM: i64 = 1 << 24;

/// Written with padding; read with and without, since many writers leave it out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const FUNCTIONS: &[(&str, CFunction)] = &[
    ("sha256", function!(sha256)),
    ("sha1", function!(sha1)),
    ("md5", function!(md5)),
    ("hmac", function!(hmac)),
    ("base64_encode", function!(base64_encode)),
    ("base64_decode", function!(base64_decode)),
    ("hex_encode", function!(hex_encode)),
    ("hex_decode", function!(hex_decode)),
    ("random_bytes", function!(random_bytes)),
    ("uuid", function!(uuid)),
    ("uuid7", function!(uuid7)),
];

/// Puts the module on top.
pub(crate) fn push_module(state: &State<'_>) {
    push_functions(state, FUNCTIONS);
}

fn sha256(state: &State<'_>) -> Result<c_int, Failure> {
    digest::<Sha256>(state, "crypto.sha256")
}

fn sha1(state: &State<'_>) -> Result<c_int, Failure> {
    digest::<Sha1>(state, "crypto.sha1")
}

fn md5(state: &State<'_>) -> Result<c_int, Failure> {
    digest::<Md5>(state, "crypto.md5")
}

fn digest<D: Digest>(state: &State<'_>, function: &str) -> Result<c_int, Failure> {
    let found = D::digest(bytes(state, 1, function)?);
    push_text(state, &hex::encode(found))
}

/// `hmac(algorithm, key, message)`
fn hmac(state: &State<'_>) -> Result<c_int, Failure> {
    let algorithm = text(state, 1, "crypto.hmac")?;
    let key = bytes(state, 2, "crypto.hmac")?;
    let message = bytes(state, 3, "crypto.hmac")?;
    let code = match algorithm {
        "sha256" => Hmac::<Sha256>::new_from_slice(key)
            .map(|code| hex::encode(code.chain_update(message).finalize().into_bytes())),
        "sha1" => Hmac::<Sha1>::new_from_slice(key)
            .map(|code| hex::encode(code.chain_update(message).finalize().into_bytes())),
        _ => {
            return Err(Failure::usage(
                "bad_argument",
                format!("`crypto.hmac` knows no algorithm `{algorithm}`"),
            )
            .with_hint("give `sha256` or `sha1` first, then the key, then the message"));
        }
    };
    let code = code.map_err(|error| Failure::usage("bad_argument", error.to_string()))?;
    push_text(state, &code)
}

fn base64_encode(state: &State<'_>) -> Result<c_int, Failure> {
    let text = BASE64.encode(bytes(state, 1, "crypto.base64_encode")?);
    push_text(state, &text)
}

fn base64_decode(state: &State<'_>) -> Result<c_int, Failure> {
    let decoded = BASE64
        .decode(bytes(state, 1, "crypto.base64_decode")?)
        .map_err(|error| {
            let what = format!("this is no base64: {error}");
            Failure::usage("invalid_value", what)
        })?;
    state.push_bytes(&decoded);
    Ok(1)
}

fn hex_encode(state: &State<'_>) -> Result<c_int, Failure> {
    let text = hex::encode(bytes(state, 1, "crypto.hex_encode")?);
    push_text(state, &text)
}

fn hex_decode(state: &State<'_>) -> Result<c_int, Failure> {
    let decoded = hex::decode(bytes(state, 1, "crypto.hex_decode")?).map_err(|error| {
        let what = match error {
            hex::FromHexError::InvalidHexCharacter { c, index } => {
                format!("{c:?} at place {} is no hexadecimal digit", index + 1)
            }
            _ => "the number of hexadecimal digits is odd".to_owned(),
        };
        Failure::usage("invalid_value", what)
    })?;
    state.push_bytes(&decoded);
    Ok(1)
}

fn random_bytes(state: &State<'_>) -> Result<c_int, Failure> {
    let asked = match number(state, 1, "crypto.random_bytes")? {
        Number::Integer(count) => Some(count),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "it is whole, and `as` keeps it in range"
        )]
        Number::Float(count) => (count.fract() == 0.0).then_some(count as i64),
    };
    let count = asked
        .filter(|count| (0..=MOST_RANDOM).contains(count))
        .and_then(|count| usize::try_from(count).ok())
        .ok_or_else(|| {
            Failure::usage(
                "out_of_range",
                format!("`crypto.random_bytes` makes from 0 to {MOST_RANDOM} bytes"),
            )
        })?;
    let mut random = vec![0; count];
    getrandom::fill(&mut random).map_err(|error| {
        Failure::usage(
            "internal_error",
            format!("the operating system gives no random bytes: {error}"),
        )
    })?;
    state.push_bytes(&random);
    Ok(1)
}

fn uuid(state: &State<'_>) -> Result<c_int, Failure> {
    push_text(state, &Uuid::new_v4().to_string())
}

/// Those of one process come in order, also within a millisecond.
fn uuid7(state: &State<'_>) -> Result<c_int, Failure> {
    push_text(state, &Uuid::now_v7().to_string())
}

fn push_text(state: &State<'_>, text: &str) -> Result<c_int, Failure> {
    state.push_bytes(text.as_bytes());
    Ok(1)
}

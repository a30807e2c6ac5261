//! Plain types: those whose binary form says no more and no less than their text does, so that a value
//! may go either way. <https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES>.

use super::{BOOL, BPCHAR, BYTEA, FLOAT8, INT2, INT4, INT8, TEXT, VARCHAR};
use crate::error::{Error, ErrorKind, Result};
use crate::value::{Value, ValueRef};

/// A plain type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Plain {
    Bool,
    Int2,
    Int4,
    Int8,
    Float8,
    Text,
    Bytes,
}

/// Integers up to here are floats, too, without a loss.
const EXACT: u64 = 1 << 53;

impl Plain {
    /// Of the OID of a type; `None` where the type is not plain.
    pub(in super::super) fn of(oid: u32) -> Option<Self> {
        match oid {
            BOOL => Some(Self::Bool),
            INT2 => Some(Self::Int2),
            INT4 => Some(Self::Int4),
            INT8 => Some(Self::Int8),
            FLOAT8 => Some(Self::Float8),
            TEXT | VARCHAR | BPCHAR => Some(Self::Text),
            BYTEA => Some(Self::Bytes),
            _ => None,
        }
    }

    /// False for the name of a column's type, as the driver tells it, that is none of these.
    pub(in super::super) fn may_be_named(name: &str) -> bool {
        let names = [
            "bool", "int2", "int4", "int8", "float8", "text", "varchar", "char", "bytea",
        ];
        names.contains(&name)
    }

    /// Appends the binary form of a value that is not NULL; `None`, with nothing appended, where only
    /// the server can tell what the value is for this type, or what is wrong with it.
    pub(in super::super) fn put(self, value: &Value, buffer: &mut Vec<u8>) -> Option<()> {
        match (self, value) {
            (Self::Bool, Value::Bool(value)) => buffer.push(u8::from(*value)),
            (Self::Int2, Value::Int(value)) => {
                buffer.extend_from_slice(&i16::try_from(*value).ok()?.to_be_bytes());
            }
            (Self::Int4, Value::Int(value)) => {
                buffer.extend_from_slice(&i32::try_from(*value).ok()?.to_be_bytes());
            }
            (Self::Int8, Value::Int(value)) => buffer.extend_from_slice(&value.to_be_bytes()),
            (Self::Float8, Value::Float(value)) => buffer.extend_from_slice(&value.to_be_bytes()),
            (Self::Float8, Value::Int(value)) if value.unsigned_abs() <= EXACT => {
                #[allow(clippy::cast_precision_loss, reason = "it was looked at")]
                let value = *value as f64;
                buffer.extend_from_slice(&value.to_be_bytes());
            }
            (Self::Text, Value::Text(text)) if !text.contains('\0') => {
                buffer.extend_from_slice(text.as_bytes());
            }
            (Self::Bytes, Value::Bytes(bytes)) => buffer.extend_from_slice(bytes),
            (Self::Bytes, Value::Text(text)) => buffer.extend_from_slice(text.as_bytes()),
            _ => return None,
        }
        Some(())
    }

    /// Reads the binary form of a value that is not NULL.
    ///
    /// # Errors
    /// [`ErrorKind::Database`] for bytes that are none.
    pub(super) fn read(self, bytes: &[u8]) -> Result<ValueRef<'_>> {
        let value = match (self, bytes) {
            (Self::Bool, [value]) => Some(ValueRef::Bool(*value != 0)),
            (Self::Int2, _) => number(bytes, |bytes| i16::from_be_bytes(bytes).into()),
            (Self::Int4, _) => number(bytes, |bytes| i32::from_be_bytes(bytes).into()),
            (Self::Int8, _) => number(bytes, i64::from_be_bytes),
            (Self::Float8, _) => {
                (bytes.try_into().ok()).map(|bytes| ValueRef::Float(f64::from_be_bytes(bytes)))
            }
            // A database with the encoding SQL_ASCII may hold anything.
            (Self::Text, _) => {
                Some(std::str::from_utf8(bytes).map_or(ValueRef::Bytes(bytes), ValueRef::Text))
            }
            (Self::Bytes, _) => Some(ValueRef::Bytes(bytes)),
            (Self::Bool, _) => None,
        };
        value.ok_or_else(|| {
            let message = format!("the server sent {} bytes for {self:?}", bytes.len());
            Error::new(ErrorKind::Database, message)
        })
    }
}

fn number<const N: usize>(bytes: &[u8], read: fn([u8; N]) -> i64) -> Option<ValueRef<'_>> {
    Some(ValueRef::Int(read(bytes.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(plain: Plain, value: impl Into<Value>) -> Option<Vec<u8>> {
        let mut buffer = Vec::new();
        let done = plain.put(&value.into(), &mut buffer);
        assert!(done.is_some() || buffer.is_empty());
        done.map(|()| buffer)
    }

    #[test]
    fn what_is_put_is_read_again() {
        let cases: [(Plain, Value); 14] = [
            (Plain::Bool, true.into()),
            (Plain::Bool, false.into()),
            (Plain::Int2, (-32_768).into()),
            (Plain::Int4, 2_147_483_647.into()),
            (Plain::Int8, i64::MIN.into()),
            (Plain::Float8, 0.1.into()),
            (Plain::Float8, (-0.0).into()),
            (Plain::Float8, f64::NEG_INFINITY.into()),
            (Plain::Text, "".into()),
            (Plain::Text, "it's \\ é".into()),
            (Plain::Bytes, Vec::new().into()),
            (Plain::Bytes, vec![0, 255].into()),
            (Plain::Int4, (-1).into()),
            (Plain::Int2, 0.into()),
        ];
        for (plain, value) in cases {
            let bytes = put(plain, value.clone()).unwrap();
            let read = plain.read(&bytes).unwrap().to_owned();
            assert_eq!(format!("{read:?}"), format!("{value:?}"), "{plain:?}");
        }
        assert_eq!(put(Plain::Float8, 3), put(Plain::Float8, 3.0));
        assert_eq!(put(Plain::Bytes, "a\0"), Some(vec![b'a', 0]));
        assert_eq!(Plain::Text.read(b"\xff").unwrap(), ValueRef::Bytes(b"\xff"));
    }

    #[test]
    fn what_only_the_server_can_tell_is_left_to_it() {
        let cases: [(Plain, Value); 10] = [
            (Plain::Int2, 32_768.into()),
            (Plain::Int4, (-2_147_483_649_i64).into()),
            (Plain::Int8, "7".into()),
            (Plain::Int8, 7.0.into()),
            (Plain::Int8, true.into()),
            (Plain::Float8, ((1_i64 << 53) + 1).into()),
            (Plain::Text, "a\0b".into()),
            (Plain::Text, 7.into()),
            (Plain::Text, vec![b'a'].into()),
            (Plain::Bool, 1.into()),
        ];
        for (plain, value) in cases {
            assert_eq!(put(plain, value.clone()), None, "{plain:?} {value:?}");
        }
    }

    #[test]
    fn bytes_that_are_no_value_are_an_error() {
        for plain in [
            Plain::Bool,
            Plain::Int2,
            Plain::Int4,
            Plain::Int8,
            Plain::Float8,
        ] {
            for bytes in [&b""[..], b"123", b"123456789"] {
                assert!(plain.read(bytes).is_err(), "{plain:?}");
            }
        }
    }
}

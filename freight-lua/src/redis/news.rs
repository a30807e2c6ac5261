//! What a server sends to a subscriber: messages, and the confirmations of what it listens to.

use redis::{ServerError, Value};

/// What was published.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) channel: Vec<u8>,
    pub(super) payload: Vec<u8>,
    pub(super) pattern: Option<Vec<u8>>,
}

/// What a server sends to a subscriber.
pub(super) enum News {
    Message(Message),
    /// It listens, or does not any more, to one channel.
    Confirmed,
    Refused(ServerError),
    Other,
}

/// What a reply says to a subscriber.
pub(super) fn read(value: Value) -> News {
    // RESP3 sends the first word apart, and it is one that the crate knows.
    let (kind, data) = match value {
        Value::Array(mut items) => match items.first_mut().map(std::mem::take) {
            Some(Value::BulkString(kind)) => {
                let rest = items.into_iter().skip(1).collect();
                (String::from_utf8_lossy(&kind).into_owned(), rest)
            }
            _ => return News::Other,
        },
        Value::Push { kind, data } => (kind.to_string(), data),
        Value::ServerError(error) => return News::Refused(error),
        _ => return News::Other,
    };
    let texts: Vec<_> = data
        .into_iter()
        .map(|value| match value {
            Value::BulkString(bytes) => bytes,
            _ => Vec::new(),
        })
        .collect();
    match (&*kind, <[Vec<u8>; 2]>::try_from(texts)) {
        ("message", Ok([channel, payload])) => News::Message(Message {
            channel,
            payload,
            pattern: None,
        }),
        ("pmessage", Err(texts)) => match <[Vec<u8>; 3]>::try_from(texts) {
            Ok([pattern, channel, payload]) => News::Message(Message {
                channel,
                payload,
                pattern: Some(pattern),
            }),
            Err(_) => News::Other,
        },
        ("subscribe" | "psubscribe" | "unsubscribe" | "punsubscribe", _) => News::Confirmed,
        _ => News::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<Value> {
        let bulk = |word: &&str| Value::BulkString(word.as_bytes().to_vec());
        words.iter().map(bulk).collect()
    }

    fn message(channel: &str, payload: &str, pattern: Option<&str>) -> Message {
        Message {
            channel: channel.into(),
            payload: payload.into(),
            pattern: pattern.map(Into::into),
        }
    }

    #[test]
    fn messages_are_read_under_both_protocols() {
        let expected = [
            message("c", "hello", None),
            message("c", "hello", Some("*")),
        ];
        let plain = [
            Value::Array(words(&["message", "c", "hello"])),
            Value::Array(words(&["pmessage", "*", "c", "hello"])),
        ];
        let pushed = [
            Value::Push {
                kind: redis::PushKind::Message,
                data: words(&["c", "hello"]),
            },
            Value::Push {
                kind: redis::PushKind::PMessage,
                data: words(&["*", "c", "hello"]),
            },
        ];
        for values in [plain, pushed] {
            for (value, expected) in values.into_iter().zip(&expected) {
                assert!(matches!(read(value), News::Message(found) if found == *expected));
            }
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        let confirmed = vec![
            Value::BulkString(b"subscribe".to_vec()),
            Value::BulkString(b"c".to_vec()),
            Value::Int(1),
        ];
        assert!(matches!(read(Value::Array(confirmed)), News::Confirmed));
        for value in [
            Value::Nil,
            Value::Array(Vec::new()),
            Value::Array(words(&["message", "c"])),
            Value::Array(words(&["pong", ""])),
            Value::SimpleString("PONG".to_owned()),
        ] {
            assert!(matches!(read(value), News::Other));
        }
    }
}

//! Frames on fd 0 of a Python child: a 32-bit big-endian length, then a MessagePack array
//! (protocol 1.5, 1.6).
//!
//! Pure: bytes in, values out. MessagePack and JSON differ in four places, settled here:
//!
//! | MessagePack | JSON here |
//! | --- | --- |
//! | timestamp extension | RFC 3339 text in UTC ending in `Z`, whole microseconds |
//! | NaN, infinities | an object with the one key [`NON_FINITE_KEY`] and the value `"NaN"`, `"Infinity"` or `"-Infinity"`; such an object becomes the float again on its way out |
//! | binary, other extensions | refused |
//! | keys that are not text | refused |

use rmpv::ValueRef;
use serde_json::{Map, Number, Value, json};
use tw_model::Timestamp;

/// Largest frame body that is read or written, in bytes.
///
/// Enough for a file with thousands of serialized DAGs and for any sane XCom; small enough that
/// one child cannot exhaust the memory of the process that supervises all of them.
pub const MAX_FRAME_BYTES: usize = 128 << 20;

/// Deepest nesting of lists and maps in a frame. JSON texts nested deeper than 128 levels cannot
/// be read back from the store (a limit of the JSON reader), so they are refused on arrival.
pub const MAX_DEPTH: usize = 120;

/// The only key of the object that stands for a float which JSON cannot hold.
pub const NON_FINITE_KEY: &str = "__float__";

/// Depth given to the MessagePack decoder, which counts some values up to three times; the exact
/// limit is applied when the value becomes JSON.
const DECODER_DEPTH: usize = 3 * (MAX_DEPTH + 2);
/// What is said of a value that is nested deeper than [`MAX_DEPTH`].
const TOO_DEEP: &str = "nesting of more than 120 levels";
/// Bytes of the length prefix.
const PREFIX_BYTES: usize = 4;
/// The first and last microsecond that a Python `datetime` can hold (years 1 to 9999).
const PYTHON_MICROS: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// A request that a child wrote.
#[derive(Clone, PartialEq, Debug)]
pub struct RequestFrame {
    /// An opaque number to be echoed in the response. Ids repeat: they restart at 0 in every
    /// Python process that speaks on the same socket.
    pub id: u64,
    /// The message: an object whose `type` names it.
    pub body: Value,
}

/// Why bytes are not a usable frame.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum FrameError {
    /// The body is longer than [`MAX_FRAME_BYTES`].
    #[error("frame of {bytes} bytes exceeds the limit of {MAX_FRAME_BYTES} bytes")]
    TooLarge {
        /// Announced length of the body.
        bytes: usize,
    },
    /// The body is not one complete MessagePack value.
    #[error("not a MessagePack value: {reason}")]
    Malformed {
        /// What the decoder found.
        reason: String,
    },
    /// The value is not `[id, body]` or `[id, body, context]`.
    #[error("not a request: expected an array [id, body, context]")]
    NotARequest,
    /// The body holds something that JSON cannot express, or is nested deeper than [`MAX_DEPTH`].
    #[error("unsupported value: {what}")]
    Unsupported {
        /// What it is.
        what: &'static str,
    },
}

impl FrameError {
    /// Whether no Task SDK can have written the frame: something else wrote to the socket. Nobody
    /// waits for an answer to it, and one would be taken for the answer to the next question.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::Malformed { .. } | Self::NotARequest)
    }
}

/// Encodes a response, length prefix included: `[id, body, error]` with nil for what is absent.
///
/// A response whose body would exceed [`MAX_FRAME_BYTES`] is replaced by an error that says so,
/// since a child must always get an answer.
pub fn encode_response(id: u64, body: Option<&Value>, error: Option<&Value>) -> Vec<u8> {
    let frame = encode_array(id, body, error);
    let bytes = frame.len() - PREFIX_BYTES;
    if bytes <= MAX_FRAME_BYTES {
        return frame;
    }
    let message = FrameError::TooLarge { bytes }.to_string();
    let detail = json!({"status_code": 413, "message": message});
    encode_array(id, None, Some(&json!({"type": "ErrorResponse", "error": "API_SERVER_ERROR", "detail": detail})))
}

/// Decodes the body of one request frame, without its length prefix.
///
/// # Errors
/// Any [`FrameError`]; the stream itself stays in step, because the length was known.
pub fn decode_request(payload: &[u8]) -> Result<RequestFrame, FrameError> {
    if payload.len() > MAX_FRAME_BYTES {
        return Err(FrameError::TooLarge { bytes: payload.len() });
    }
    let mut rest = payload;
    let value = rmpv::decode::read_value_ref_with_max_depth(&mut rest, DECODER_DEPTH).map_err(|error| match error {
        rmpv::decode::Error::DepthLimitExceeded => FrameError::Unsupported { what: TOO_DEEP },
        error => FrameError::Malformed { reason: error.to_string() },
    })?;
    if !rest.is_empty() {
        return Err(FrameError::Malformed { reason: format!("{} bytes after the value", rest.len()) });
    }
    let ValueRef::Array(items) = value else { return Err(FrameError::NotARequest) };
    let mut items = items.into_iter();
    match (items.next(), items.next()) {
        (Some(ValueRef::Integer(id)), Some(body)) => {
            let id = id.as_u64().ok_or(FrameError::NotARequest)?;
            Ok(RequestFrame { id, body: to_json(body, 0)? })
        }
        _ => Err(FrameError::NotARequest),
    }
}

/// Cuts a byte stream into frame bodies. Holds at most one frame and one read beyond it.
///
/// A frame above [`MAX_FRAME_BYTES`] is not stored: its bytes are dropped as they arrive, then it
/// is reported once, so the stream stays in step and the child can be told.
#[derive(Debug, Default)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
    /// Start of what was not yet handed out.
    start: usize,
    skipping: Option<Skip>,
}

#[derive(Debug)]
struct Skip {
    announced: usize,
    left: usize,
}

impl FrameBuffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes that were read from the stream.
    pub fn push(&mut self, mut bytes: &[u8]) {
        if let Some(skip) = &mut self.skipping {
            let dropped = skip.left.min(bytes.len());
            skip.left -= dropped;
            bytes = &bytes[dropped..];
        }
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a part of a frame arrived and the rest of it did not. To be asked after
    /// [`FrameBuffer::pull`] had nothing to give.
    pub fn is_within_frame(&self) -> bool {
        self.start < self.bytes.len() || self.skipping.is_some()
    }

    /// Takes the next complete frame body, or `None` if more bytes are needed.
    ///
    /// # Errors
    /// [`FrameError::TooLarge`], once for every oversized frame and only after all its bytes went
    /// by; the next call goes on with the frame behind it.
    pub fn pull(&mut self) -> Result<Option<Vec<u8>>, FrameError> {
        if let Some(skip) = &self.skipping {
            if skip.left > 0 {
                return Ok(None);
            }
            let bytes = skip.announced;
            self.skipping = None;
            return Err(FrameError::TooLarge { bytes });
        }
        let pending = &self.bytes[self.start..];
        let Some((prefix, body)) = pending.split_first_chunk::<PREFIX_BYTES>() else { return Ok(None) };
        let length = u32::from_be_bytes(*prefix) as usize;
        if length > MAX_FRAME_BYTES {
            let dropped = length.min(body.len());
            self.start += PREFIX_BYTES + dropped;
            self.skipping = Some(Skip { announced: length, left: length - dropped });
            return self.pull();
        }
        if body.len() < length {
            return Ok(None);
        }
        let frame = body[..length].to_vec();
        self.start += PREFIX_BYTES + length;
        Ok(Some(frame))
    }

    /// Whether the stream could end here without cutting a frame.
    pub fn is_empty(&self) -> bool {
        self.start == self.bytes.len() && self.skipping.is_none()
    }
}

fn encode_array(id: u64, body: Option<&Value>, error: Option<&Value>) -> Vec<u8> {
    let body = body.map_or(ValueRef::Nil, from_json);
    let error = error.map_or(ValueRef::Nil, from_json);
    let array = ValueRef::Array(vec![ValueRef::from(id), body, error]);
    let mut frame = vec![0; PREFIX_BYTES];
    rmpv::encode::write_value_ref(&mut frame, &array).expect("writing to memory does not fail");
    let length = u32::try_from(frame.len() - PREFIX_BYTES).unwrap_or(u32::MAX);
    frame[..PREFIX_BYTES].copy_from_slice(&length.to_be_bytes());
    frame
}

fn from_json(value: &Value) -> ValueRef<'_> {
    match value {
        Value::Null => ValueRef::Nil,
        Value::Bool(flag) => ValueRef::Boolean(*flag),
        Value::Number(number) => from_number(number),
        Value::String(text) => ValueRef::from(text.as_str()),
        Value::Array(items) => ValueRef::Array(items.iter().map(from_json).collect()),
        Value::Object(map) => match non_finite_from_json(map) {
            Some(float) => ValueRef::F64(float),
            None => {
                ValueRef::Map(map.iter().map(|(key, value)| (ValueRef::from(key.as_str()), from_json(value))).collect())
            }
        },
    }
}

fn from_number(number: &Number) -> ValueRef<'static> {
    if let Some(unsigned) = number.as_u64() {
        ValueRef::from(unsigned)
    } else if let Some(signed) = number.as_i64() {
        ValueRef::from(signed)
    } else {
        ValueRef::F64(number.as_f64().expect("a JSON number that is no 64-bit integer is a float"))
    }
}

fn to_json(value: ValueRef<'_>, depth: usize) -> Result<Value, FrameError> {
    if depth > MAX_DEPTH {
        return Err(FrameError::Unsupported { what: TOO_DEEP });
    }
    Ok(match value {
        ValueRef::Nil => Value::Null,
        ValueRef::Boolean(flag) => Value::Bool(flag),
        ValueRef::Integer(integer) => match (integer.as_u64(), integer.as_i64()) {
            (Some(unsigned), _) => unsigned.into(),
            (_, Some(signed)) => signed.into(),
            _ => return Err(FrameError::Unsupported { what: "an integer of more than 64 bits" }),
        },
        ValueRef::F32(float) => float_to_json(f64::from(float)),
        ValueRef::F64(float) => float_to_json(float),
        ValueRef::String(text) => Value::String(utf8(text)?.to_owned()),
        ValueRef::Array(items) => {
            Value::Array(items.into_iter().map(|item| to_json(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        ValueRef::Map(entries) => Value::Object(map_to_json(entries, depth)?),
        ValueRef::Ext(-1, bytes) => Value::String(timestamp(bytes)?.to_string()),
        ValueRef::Ext(..) => return Err(FrameError::Unsupported { what: "an extension other than a timestamp" }),
        ValueRef::Binary(_) => return Err(FrameError::Unsupported { what: "binary data where JSON is expected" }),
    })
}

fn map_to_json(entries: Vec<(ValueRef<'_>, ValueRef<'_>)>, depth: usize) -> Result<Map<String, Value>, FrameError> {
    entries
        .into_iter()
        .map(|(key, value)| match key {
            ValueRef::String(key) => Ok((utf8(key)?.to_owned(), to_json(value, depth + 1)?)),
            _ => Err(FrameError::Unsupported { what: "a map key that is not text" }),
        })
        .collect()
}

fn utf8(text: rmpv::Utf8StringRef<'_>) -> Result<&str, FrameError> {
    text.into_str().ok_or(FrameError::Unsupported { what: "text that is not UTF-8" })
}

/// Decodes the three forms of the timestamp extension: seconds (4 bytes), nanoseconds and seconds
/// packed in 8 bytes, nanoseconds and signed seconds in 12 bytes.
fn timestamp(bytes: &[u8]) -> Result<Timestamp, FrameError> {
    let (nanos, secs) = if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        (0, i64::from(u32::from_be_bytes(bytes)))
    } else if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
        let packed = u64::from_be_bytes(bytes);
        ((packed >> 34) as u32, (packed & ((1 << 34) - 1)) as i64)
    } else if let Some((nanos, secs)) = bytes.split_first_chunk::<4>() {
        let secs = <[u8; 8]>::try_from(secs).map_err(|_| FrameError::Unsupported { what: "a malformed timestamp" })?;
        (u32::from_be_bytes(*nanos), i64::from_be_bytes(secs))
    } else {
        return Err(FrameError::Unsupported { what: "a malformed timestamp" });
    };
    secs.checked_mul(1_000_000)
        .and_then(|micros| micros.checked_add(i64::from(nanos / 1_000)))
        .filter(|micros| PYTHON_MICROS.contains(micros))
        .map(Timestamp::from_micros)
        .ok_or(FrameError::Unsupported { what: "a timestamp outside the years 1 to 9999" })
}

fn float_to_json(float: f64) -> Value {
    let name = match float {
        float if float.is_nan() => "NaN",
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        finite => return Value::from(finite),
    };
    json!({ NON_FINITE_KEY: name })
}

fn non_finite_from_json(map: &Map<String, Value>) -> Option<f64> {
    if map.len() != 1 {
        return None;
    }
    match map.get(NON_FINITE_KEY)?.as_str()? {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `[id, body, nil]` as a child writes it, without prefix.
    fn request(body: ValueRef<'_>) -> Vec<u8> {
        let mut payload = Vec::new();
        let frame = ValueRef::Array(vec![ValueRef::from(7u64), body, ValueRef::Nil]);
        rmpv::encode::write_value_ref(&mut payload, &frame).unwrap();
        payload
    }

    fn body(value: ValueRef<'_>) -> Result<Value, FrameError> {
        decode_request(&request(value)).map(|frame| frame.body)
    }

    #[test]
    fn an_empty_answer_is_eight_bytes() {
        assert_eq!(encode_response(5, None, None), [0, 0, 0, 4, 0x93, 5, 0xc0, 0xc0]);
    }

    #[test]
    fn timestamps_become_text_in_utc() {
        let four = 1_700_000_000u32.to_be_bytes();
        assert_eq!(body(ValueRef::Ext(-1, &four)).unwrap(), "2023-11-14T22:13:20Z");
        let eight = ((5_000u64 << 34) | 1_700_000_000).to_be_bytes();
        assert_eq!(body(ValueRef::Ext(-1, &eight)).unwrap(), "2023-11-14T22:13:20.000005Z");
        let mut twelve = 999_999_000u32.to_be_bytes().to_vec();
        twelve.extend((-1i64).to_be_bytes());
        assert_eq!(body(ValueRef::Ext(-1, &twelve)).unwrap(), "1969-12-31T23:59:59.999999Z");
        for bad in [&[0u8; 3][..], &[0; 5], &[0xff; 16]] {
            assert!(matches!(body(ValueRef::Ext(-1, bad)), Err(FrameError::Unsupported { .. })), "{bad:?}");
        }
    }

    #[test]
    fn what_json_cannot_hold_is_refused_or_marked() {
        assert!(matches!(body(ValueRef::Binary(b"x")), Err(FrameError::Unsupported { .. })));
        let keyed = ValueRef::Map(vec![(ValueRef::from(1u64), ValueRef::Nil)]);
        assert!(matches!(body(keyed), Err(FrameError::Unsupported { .. })));
        for (float, name) in [(f64::NAN, "NaN"), (f64::INFINITY, "Infinity"), (f64::NEG_INFINITY, "-Infinity")] {
            let value = body(ValueRef::F64(float)).unwrap();
            assert_eq!(value, json!({ NON_FINITE_KEY: name }));
            let ValueRef::F64(back) = from_json(&value) else { panic!("{name} did not come back as a float") };
            assert_eq!(back.to_string(), float.to_string());
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |depth| (0..depth).fold(ValueRef::Nil, |inner, _| ValueRef::Array(vec![inner]));
        let deepest = body(nested(MAX_DEPTH)).unwrap();
        let text = serde_json::to_string(&deepest).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), deepest, "what is accepted can be read back");
        assert!(matches!(body(nested(MAX_DEPTH + 1)), Err(FrameError::Unsupported { .. })));
        assert!(matches!(body(nested(DECODER_DEPTH)), Err(FrameError::Unsupported { .. })));
    }

    #[test]
    fn requests_have_an_id_and_a_body() {
        assert_eq!(decode_request(&[0x92, 3, 0xc0]).unwrap(), RequestFrame { id: 3, body: Value::Null });
        for bad in [&[0xc0u8][..], &[0x91, 3], &[0x92, 0xff, 0xc0], &[0x92, 0xc0, 3]] {
            assert_eq!(decode_request(bad), Err(FrameError::NotARequest), "{bad:?}");
        }
        assert!(matches!(decode_request(&[0x92, 3, 0xc0, 0xc0]), Err(FrameError::Malformed { .. })));
    }

    #[test]
    fn an_oversized_frame_is_skipped_and_reported_once() {
        let mut buffer = FrameBuffer::new();
        let length = MAX_FRAME_BYTES + 10;
        buffer.push(&u32::try_from(length).unwrap().to_be_bytes());
        let chunk = vec![0; 1 << 20];
        let mut left = length;
        while left > 0 {
            assert_eq!(buffer.pull(), Ok(None));
            let part = left.min(chunk.len());
            left -= part;
            if left > 0 {
                buffer.push(&chunk[..part]);
            } else {
                let mut last = chunk[..part].to_vec();
                last.extend([0, 0, 0, 1, 0xc0]);
                buffer.push(&last);
            }
        }
        assert_eq!(buffer.pull(), Err(FrameError::TooLarge { bytes: length }));
        assert_eq!(buffer.pull(), Ok(Some(vec![0xc0])));
        assert!(buffer.is_empty());
    }

    #[test]
    fn an_answer_above_the_limit_becomes_an_error() {
        let frame = encode_response(1, Some(&Value::String("x".repeat(MAX_FRAME_BYTES))), None);
        let answer = decode_array(&frame);
        assert_eq!(answer[1], Value::Null);
        assert_eq!(answer[2]["detail"]["status_code"], 413);
    }

    fn decode_array(frame: &[u8]) -> Value {
        to_json(rmpv::decode::read_value_ref(&mut &frame[PREFIX_BYTES..]).unwrap(), 0).unwrap()
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(float_to_json),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                proptest::collection::btree_map(".{0,8}", inner, 0..8)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = decode_request(&bytes);
            let mut buffer = FrameBuffer::new();
            buffer.push(&bytes);
            while let Ok(Some(_)) = buffer.pull() {}
        }

        #[test]
        fn values_round_trip(value in any_json(), id in any::<u64>()) {
            let frame = encode_response(id, Some(&value), None);
            prop_assert_eq!(decode_request(&frame[PREFIX_BYTES..]).unwrap(), RequestFrame { id, body: value });
        }

        #[test]
        fn truncated_frames_are_errors(value in any_json(), cut in any::<proptest::sample::Index>()) {
            let frame = encode_response(1, Some(&value), None);
            let body = &frame[PREFIX_BYTES..];
            prop_assert!(decode_request(&body[..cut.index(body.len())]).is_err());
        }

        #[test]
        fn frames_survive_any_cutting(values in proptest::collection::vec(any_json(), 1..5), step in 1usize..40) {
            let stream: Vec<u8> = values.iter().flat_map(|value| encode_response(0, Some(value), None)).collect();
            let (mut buffer, mut seen) = (FrameBuffer::new(), Vec::new());
            for chunk in stream.chunks(step) {
                buffer.push(chunk);
                while let Some(frame) = buffer.pull().unwrap() {
                    seen.push(decode_request(&frame).unwrap().body);
                }
            }
            prop_assert_eq!(seen, values);
            prop_assert!(buffer.is_empty());
        }
    }
}

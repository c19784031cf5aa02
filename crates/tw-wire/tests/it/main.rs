//! Tests of the public codecs, against documents and frames as the SDK writes them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod dag;

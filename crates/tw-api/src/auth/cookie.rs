//! The browser's session: the signed token in a cookie that scripts cannot read.
//!
//! A browser sends cookies by itself, also when another site makes it send. So a request that is
//! authenticated by the cookie and changes something must carry a header that only our own pages
//! can set, and must not come from elsewhere.

use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::token::TOKEN_LIFETIME;
use crate::error::ApiError;

/// Name of the cookie.
const NAME: &str = "tradewind_session";
/// A page of another site cannot set a header of its own without asking this server first.
const OWN_HEADER: HeaderName = HeaderName::from_static("x-tradewind");
/// What a proxy in front of the server says about the browser's connection.
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The token in the cookie, if there is one.
pub(super) fn token(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(';'));
    let named = pairs.filter_map(|pair| pair.trim().split_once('='));
    named.filter(|(name, _)| *name == NAME).map(|(_, token)| token).find(|token| !token.is_empty())
}

/// Refuses a change that our own pages did not ask for.
pub(super) fn check_own(method: &Method, headers: &HeaderMap) -> Result<(), ApiError> {
    if method.is_safe() {
        return Ok(());
    }
    if headers.get(OWN_HEADER).is_none_or(|value| value != "1") {
        return Err(ApiError::forbidden("A change with the session cookie needs the header X-Tradewind: 1"));
    }
    check_origin(headers)
}

/// Refuses a request that a page of another site made the browser send.
pub(crate) fn check_origin(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    match (authority, host) {
        (Some(authority), Some(host)) if authority.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(ApiError::forbidden("The request comes from another site")),
    }
}

/// The header that gives the browser its session.
pub(crate) fn begin(token: &str, headers: &HeaderMap) -> HeaderValue {
    let seconds = TOKEN_LIFETIME.as_micros() / 1_000_000;
    set(token, seconds, headers)
}

/// The header that takes it away.
pub(crate) fn end(headers: &HeaderMap) -> HeaderValue {
    set("", 0, headers)
}

fn set(token: &str, seconds: i64, headers: &HeaderMap) -> HeaderValue {
    let secure = if is_https(headers) { "; Secure" } else { "" };
    let text = format!("{NAME}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).expect("a token is base64 and dots")
}

/// Whether the browser speaks https, as far as its own request or the proxy says. A client that
/// lies gets a cookie that does not suit it.
fn is_https(headers: &HeaderMap) -> bool {
    let begins = |name: HeaderName, with: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|text| text.starts_with(with))
    };
    begins(FORWARDED_PROTO, "https") || begins(ORIGIN, "https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        assert_eq!(token(&headers(&[(COOKIE, "a=b; tradewind_session=x.y.z; c=d")])), Some("x.y.z"));
        assert_eq!(token(&headers(&[(COOKIE, "not_tradewind_session=x; tradewind_session=")])), None);
        assert_eq!(token(&HeaderMap::new()), None);
    }

    #[test]
    fn the_cookie_is_secure_over_https_only() {
        let plain = begin("t", &headers(&[(ORIGIN, "http://h")]));
        assert_eq!(plain, "tradewind_session=t; Path=/; Max-Age=86400; HttpOnly; SameSite=Strict");
        for header in [(ORIGIN, "https://h"), (FORWARDED_PROTO, "https")] {
            assert!(begin("t", &headers(&[header])).to_str().unwrap().ends_with("; Secure"));
        }
        assert!(end(&HeaderMap::new()).to_str().unwrap().starts_with("tradewind_session=; Path=/; Max-Age=0;"));
    }

    #[test]
    fn changes_come_from_our_own_pages() {
        let (own, host) = ((OWN_HEADER, "1"), (HOST, "Host:8080"));
        let table = [
            (Method::GET, vec![], true),
            (Method::POST, vec![host.clone()], false),
            (Method::POST, vec![host.clone(), own.clone()], true),
            (Method::POST, vec![host.clone(), own.clone(), (ORIGIN, "http://host:8080")], true),
            (Method::DELETE, vec![host.clone(), own.clone(), (ORIGIN, "http://host:8081")], false),
            (Method::PATCH, vec![host.clone(), own.clone(), (ORIGIN, "null")], false),
            (Method::PATCH, vec![host, (OWN_HEADER, "0")], false),
            (Method::PUT, vec![own, (ORIGIN, "http://host")], false),
        ];
        for (method, pairs, passes) in table {
            assert_eq!(check_own(&method, &headers(&pairs)).is_ok(), passes, "{method} {pairs:?}");
        }
    }
}

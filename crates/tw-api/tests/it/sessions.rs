//! A browser's session: the cookie, what it may do, and what it must not be made to do. The pages.

use serde_json::json;

use crate::server::{Answer, Server};

async fn log_in(server: &Server, name: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({"username": name, "password": "correct horse"}).to_string();
    server.send("POST", "/ui/session", headers, Some(&body)).await
}

/// The `name=value` of the cookie that an answer sets.
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_begins_and_ends() {
    let server = Server::on_sqlite().await;
    let begun = log_in(&server, "op", &[]).await;
    let session = json!({"username": "op", "role": "op", "server_version": "0.0.0-test"});
    assert_eq!((begun.status, begun.json()), (200, session.clone()));
    let attributes = begun.header("set-cookie").unwrap().split_once("; ").unwrap().1;
    assert_eq!(attributes, "Path=/; Max-Age=86400; HttpOnly; SameSite=Strict");
    assert!(!begun.text.contains(cookie(&begun).split_once('=').unwrap().1), "scripts do not see the token");
    let cookie = cookie(&begun);
    let with = [("cookie", cookie.as_str())];
    assert_eq!(server.send("GET", "/ui/session", &with, None).await.json(), session);
    assert_eq!(server.send("GET", "/api/v2/dags", &with, None).await.status, 200);
    assert_eq!(server.send("GET", "/ui/nav", &with, None).await.status, 200);
    let ended = server.send("DELETE", "/ui/session", &[with[0], ("x-tradewind", "1")], None).await;
    assert_eq!((ended.status, ended.header("set-cookie").unwrap().contains("Max-Age=0")), (204, true));
    let none = server.send("GET", "/ui/session", &[], None).await;
    assert_eq!((none.status, none.json()), (401, json!({"detail": "Not authenticated"})));
    let bad = server.send("GET", "/ui/session", &[("cookie", "tradewind_session=nonsense")], None).await;
    assert_eq!((bad.status, bad.json()), (401, json!({"detail": "The session is over"})));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_in_is_checked_and_slowed_down() {
    let server = Server::on_sqlite().await;
    let wrong = json!({"username": "admin", "password": "wrong"}).to_string();
    for _ in 0..5 {
        assert_eq!(server.send("POST", "/ui/session", &[], Some(&wrong)).await.status, 401);
    }
    let slowed = server.send("POST", "/ui/session", &[], Some(&wrong)).await;
    assert_eq!((slowed.status, slowed.header("retry-after"), slowed.header("set-cookie")), (429, Some("1"), None));
    let server = Server::on_sqlite().await;
    assert_eq!(log_in(&server, "admin", &[("origin", "http://elsewhere")]).await.status, 403);
    assert_eq!(server.send("POST", "/ui/session", &[], Some("{}")).await.status, 422);
    let secure = log_in(&server, "admin", &[("x-forwarded-proto", "https")]).await;
    assert!(secure.header("set-cookie").unwrap().ends_with("; Secure"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_by_cookie_comes_from_our_own_pages() {
    let server = Server::on_sqlite().await;
    let cookie = cookie(&log_in(&server, "user", &[]).await);
    let own = format!("http://{}", server.address());
    let pause = async |headers: &[(&str, &str)]| {
        let mut all = vec![("cookie", cookie.as_str())];
        all.extend(headers);
        server.send("PATCH", "/api/v2/dags/etl", &all, Some(r#"{"is_paused": true}"#)).await.status
    };
    assert_eq!(pause(&[]).await, 403);
    assert_eq!(pause(&[("origin", own.as_str())]).await, 403);
    assert_eq!(pause(&[("x-tradewind", "1"), ("origin", "http://elsewhere")]).await, 403);
    assert_eq!(pause(&[("x-tradewind", "1"), ("origin", "null")]).await, 403);
    assert!(server.control.inputs.lock().unwrap().is_empty(), "nothing of it happened");
    assert_eq!(pause(&[("x-tradewind", "1"), ("origin", own.as_str())]).await, 200);
    assert_eq!(pause(&[("x-tradewind", "1")]).await, 200);
    // Roles count as they do with a bearer token.
    let pool = [("cookie", cookie.as_str()), ("x-tradewind", "1")];
    let answer = server.send("PATCH", "/api/v2/pools/default_pool", &pool, Some(r#"{"slots": 5}"#)).await;
    assert_eq!(answer.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_for_browsers() {
    let server = Server::on_sqlite().await;
    let html = [("accept", "text/html,application/xhtml+xml;q=0.9")];
    for (method, path, headers, expected) in [
        ("GET", "/", &[][..], (200, "<html>")),
        ("GET", "/dags/a%2Fb/grid?run=1", &html, (200, "<html>")),
        ("GET", "/dags/etl", &[], (404, r#"{"detail":"Not Found"}"#)),
        ("GET", "/assets/app.js", &[], (200, "script")),
        ("GET", "/assets/old.js", &html, (404, r#"{"detail":"Not Found"}"#)),
        ("GET", "/api/v2/nothing", &html, (404, r#"{"detail":"Not Found"}"#)),
        ("GET", "/ui/nothing", &html, (404, r#"{"detail":"Not Found"}"#)),
        ("GET", "/auth/nothing", &html, (404, r#"{"detail":"Not Found"}"#)),
        ("POST", "/dags/etl", &html, (404, r#"{"detail":"Not Found"}"#)),
    ] {
        let answer = server.send(method, path, headers, None).await;
        assert_eq!((answer.status, answer.text.as_str()), expected, "{method} {path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'; script-src 'self'; style-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
    let page = server.send("GET", "/", &[], None).await;
    assert_eq!((page.header("content-type"), page.header("cache-control")), (Some("text/html"), Some("no-cache")));
}

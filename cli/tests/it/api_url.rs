//! Addresses in one normal form.

use dbx_cli::api_url::{ApiUrl, ApiUrlError};

fn parse(text: &str) -> Result<String, ApiUrlError> {
    text.parse::<ApiUrl>().map(|url| url.to_string())
}

#[test]
fn spellings_of_one_server_are_one_address() {
    for text in [
        "https://DB.example.com",
        "https://db.example.com/",
        "https://db.example.com/v1",
        " https://db.example.com ",
    ] {
        assert_eq!(parse(text).as_deref(), Ok("https://db.example.com"), "{text}");
    }
    assert_eq!("http://127.0.0.1:8080/".parse(), Ok(ApiUrl::default()));
}

#[test]
fn what_is_no_server_is_refused() {
    for text in ["", "db.example.com", "ftp://db.example.com", "file:///etc/passwd"] {
        assert_eq!(parse(text), Err(ApiUrlError::Scheme), "{text}");
    }
    for text in ["https://db.example.com/x", "https://db.example.com?a=1", "https://me:secret@db.example.com"]
    {
        assert_eq!(parse(text), Err(ApiUrlError::TooMuch), "{text}");
    }
    assert_eq!(parse("https://db example"), Err(ApiUrlError::Malformed));
}

#[test]
fn only_networks_need_encryption() {
    let exposed = |text: &str| text.parse::<ApiUrl>().unwrap().is_exposed();
    assert!(exposed("http://db.example.com"));
    assert!(exposed("http://10.0.0.1:8080"));
    for safe in ["https://db.example.com", "http://localhost:8080", "http://127.0.0.9", "http://[::1]:8080"] {
        assert!(!exposed(safe), "{safe}");
    }
}

//! Files: modes, refusals, replacement.

use dbx_cli::{
    api_url::ApiUrl,
    exit::Exit,
    failure::Failure,
    secret::Secret,
    store::{self, CertificateError, Chosen, ConfigDir, Credentials, Session, Settings, StoreError},
};
use std::{
    ffi::OsString,
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
};
use tempfile::TempDir;

struct Home {
    _directory: TempDir,
    config: ConfigDir,
}

fn home() -> Home {
    let directory = TempDir::new().unwrap();
    let config = ConfigDir::locate(Some(directory.path().join("config").into()), None).unwrap();
    Home { _directory: directory, config }
}

fn session(token: &str) -> Session {
    Session {
        token: Secret::new(token),
        user_id: "usr_1".to_owned(),
        email: "ann@example.com".to_owned(),
        expires_at: "2026-12-24T00:00:00Z".to_owned(),
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn the_place_follows_the_xdg_rules() {
    let locate = |xdg: Option<&str>, home: Option<&str>| {
        let found = ConfigDir::locate(xdg.map(OsString::from), home.map(OsString::from));
        found.map(|directory| directory.join("x").to_string_lossy().into_owned())
    };
    assert_eq!(locate(Some("/c"), Some("/h")).unwrap(), "/c/dbx/x");
    assert_eq!(locate(None, Some("/h")).unwrap(), "/h/.config/dbx/x");
    assert_eq!(locate(Some("relative"), Some("/h")).unwrap(), "/h/.config/dbx/x");
    assert!(matches!(locate(None, None), Err(StoreError::NoHome)));
}

#[test]
fn sessions_are_kept_per_server_for_their_owner_only() {
    let home = home();
    let (one, other): (ApiUrl, ApiUrl) =
        ("https://a.example".parse().unwrap(), "https://b.example".parse().unwrap());
    Credentials::remember(&home.config, &one, session("first")).unwrap();
    Credentials::remember(&home.config, &other, session("second")).unwrap();
    let stored = Credentials::load(&home.config).unwrap();
    assert_eq!(stored.session(&one), Some(&session("first")));
    assert_eq!(stored.session(&other), Some(&session("second")));
    let path = home.config.join("credentials.json");
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    Credentials::forget(&home.config, &one).unwrap();
    let stored = Credentials::load(&home.config).unwrap();
    assert_eq!((stored.session(&one), stored.session(&other)), (None, Some(&session("second"))));
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn nothing_but_the_files_is_left_behind() {
    let home = home();
    Credentials::remember(&home.config, &ApiUrl::default(), session("t")).unwrap();
    Settings::sign_in(&home.config, &ApiUrl::default(), "usr_1").unwrap();
    let names = fs::read_dir(home.config.join("")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.collect();
    names.sort();
    assert_eq!(names, ["config.json", "credentials.json", "lock"]);
}

#[test]
fn a_file_that_others_can_read_is_refused_and_left_alone() {
    let home = home();
    Credentials::remember(&home.config, &ApiUrl::default(), session("t")).unwrap();
    let path = home.config.join("credentials.json");
    for open in [0o644, 0o640, 0o604, 0o620] {
        fs::set_permissions(&path, Permissions::from_mode(open)).unwrap();
        let error = Credentials::load(&home.config).unwrap_err();
        assert!(matches!(error, StoreError::Open { mode, .. } if mode == open), "{error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
        assert!(Credentials::forget(&home.config, &ApiUrl::default()).is_err());
        assert_eq!(mode(&path), open);
        assert_eq!(Failure::from(error).exit(), Exit::Refused);
    }
}

#[test]
fn what_is_checked_is_the_file_behind_a_link() {
    let home = home();
    Credentials::remember(&home.config, &ApiUrl::default(), session("t")).unwrap();
    let (path, real) = (home.config.join("credentials.json"), home.config.join("elsewhere"));
    fs::rename(&path, &real).unwrap();
    symlink(&real, &path).unwrap();
    assert!(Credentials::load(&home.config).is_ok());
    fs::set_permissions(&real, Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Credentials::load(&home.config), Err(StoreError::Open { .. })));
}

#[test]
fn a_damaged_file_is_named_and_never_overwritten() {
    let home = home();
    Credentials::remember(&home.config, &ApiUrl::default(), session("t")).unwrap();
    let path = home.config.join("credentials.json");
    fs::write(&path, "{").unwrap();
    let error = Credentials::remember(&home.config, &ApiUrl::default(), session("u")).unwrap_err();
    assert!(error.to_string().contains("credentials.json is damaged"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "{");
}

#[test]
fn tokens_are_not_shown_by_debug() {
    assert!(!format!("{:?}", session("dbs_secret")).contains("dbs_secret"));
}

#[test]
fn a_selection_belongs_to_a_server_and_to_who_made_it() {
    let home = home();
    let (api, other): (ApiUrl, ApiUrl) = (ApiUrl::default(), "https://b.example".parse().unwrap());
    let org = Chosen { id: "org_1".to_owned(), name: "Ann's org".to_owned() };
    Settings::sign_in(&home.config, &api, "usr_1").unwrap();
    Settings::select(&home.config, &api, |selection| selection.org = Some(org.clone())).unwrap();
    Settings::sign_in(&home.config, &other, "usr_2").unwrap();
    let stored = Settings::load(&home.config).unwrap();
    assert_eq!(stored.api(), Some(other.clone()));
    assert_eq!((stored.selection(&api).org, stored.selection(&other).org), (Some(org.clone()), None));
    Settings::sign_in(&home.config, &api, "usr_1").unwrap();
    assert_eq!(Settings::load(&home.config).unwrap().selection(&api).org, Some(org));
    Settings::sign_in(&home.config, &api, "usr_2").unwrap();
    assert_eq!(Settings::load(&home.config).unwrap().selection(&api).org, None);
}

const PEM: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

#[test]
fn certificates_are_kept_by_fingerprint_and_by_nothing_else() {
    let home = home();
    let fingerprint = "ab".repeat(32);
    let path = store::keep(&home.config, &fingerprint, PEM).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), PEM);
    assert_eq!((mode(&path), path.file_stem().unwrap().to_str().unwrap()), (0o600, fingerprint.as_str()));
    for (fingerprint, pem) in [("../../x", PEM), ("", PEM), (fingerprint.as_str(), "no certificate")] {
        assert!(matches!(store::keep(&home.config, fingerprint, pem), Err(CertificateError::Unusable)));
    }
}

#[test]
fn an_exported_certificate_overwrites_only_certificates() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("server.pem");
    assert!(store::export(&path, PEM).unwrap().is_absolute());
    assert!(store::export(&path, PEM).is_ok());
    fs::write(&path, "my thesis").unwrap();
    let error = store::export(&path, PEM).unwrap_err();
    assert!(matches!(error, CertificateError::Occupied { .. }), "{error}");
    assert_eq!(Failure::from(error).exit(), Exit::Refused);
    assert_eq!(fs::read_to_string(&path).unwrap(), "my thesis");
}

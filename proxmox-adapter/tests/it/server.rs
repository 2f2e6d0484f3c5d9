//! A real Postgres with TLS on a loopback address of its own, made for one test.

use dbx_workflows::credential::Credential;
use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

/// A running server. Ends with the value.
pub(crate) struct Server {
    pub(crate) address: Ipv4Addr,
    bin: PathBuf,
    directory: TempDir,
    process: Option<Child>,
}

impl Server {
    /// A server with the roles of an instance, whose verifiers are those given.
    pub(crate) fn start(tenant: &Credential, platform: &Credential) -> Self {
        let mut server = Self::prepare();
        let data = server.data();
        // The rights that first boot gives.
        let setup = format!(
            "CREATE ROLE app LOGIN PASSWORD '{}';\n\
             CREATE ROLE dbxyz_platform LOGIN CREATEROLE PASSWORD '{}';\n\
             GRANT app TO dbxyz_platform WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;\n\
             GRANT pg_monitor TO dbxyz_platform;\n\
             CREATE DATABASE app OWNER app;\n\
             REVOKE ALL ON DATABASE app, postgres, template1 FROM PUBLIC;\n\
             GRANT CONNECT ON DATABASE postgres TO dbxyz_platform;\n",
            tenant.verifier.as_str(),
            platform.verifier.as_str()
        );
        server.single_user(&setup);
        // The first line is for the tests' own looks behind the scenes.
        let hba = "hostnossl postgres postgres all trust\nhostssl all all all scram-sha-256\n";
        fs::write(data.join("pg_hba.conf"), hba).unwrap();
        server.boot();
        server
    }

    fn prepare() -> Self {
        let directory = TempDir::with_prefix_in("dbx-sql-admin-", "/tmp").unwrap();
        let server = Self { address: free_address(), bin: find_bin(), directory, process: None };
        server.own(server.directory.path());
        let data = server.data();
        run(server.command("initdb").args(["-U", "postgres", "-A", "trust", "-N", "-D"]).arg(&data));
        let made = rcgen::generate_simple_self_signed(vec![server.address.to_string()]).unwrap();
        fs::write(data.join("server.crt"), made.cert.pem()).unwrap();
        fs::write(data.join("server.key"), made.signing_key.serialize_pem()).unwrap();
        for name in ["server.crt", "server.key"] {
            run(Command::new("chmod").arg("600").arg(data.join(name)));
            server.own(&data.join(name));
        }
        server
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn single_user(&self, statements: &str) {
        use std::io::Write as _;
        let mut command = self.command("postgres");
        command.args(["--single", "-j", "-D"]).arg(self.data()).arg("postgres");
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // With -j a statement ends at a semicolon followed by an empty line.
        let text = statements.replace(";\n", ";\n\n");
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(crate) fn boot(&mut self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", "5432", "-c", "ssl=on", "-c", "fsync=off"]);
        command.args(["-c", &format!("listen_addresses={}", self.address), "-c", "unix_socket_directories="]);
        self.process = Some(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
    }

    /// A session that may do anything.
    pub(crate) async fn superuser(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::Config::new()
            .host(self.address.to_string())
            .user("postgres")
            .connect(tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }

    /// SIGINT, Postgres's fast shutdown, and waits for the end.
    pub(crate) fn stop(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let _ = Command::new("kill").arg("-INT").arg(process.id().to_string()).status();
        let _ = process.wait();
    }

    /// From the next boot on, nobody is asked for a password, and so the server proves nothing.
    pub(crate) fn trust_everybody(&self) {
        fs::write(self.data().join("pg_hba.conf"), "hostssl all all all trust\n").unwrap();
    }

    /// Postgres refuses to run as root: then it runs as the user that its package made, or as nobody.
    fn command(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        match unprivileged() {
            None => Command::new(path),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(path);
                command
            }
        }
    }

    fn own(&self, path: &Path) {
        if let Some(user) = unprivileged() {
            run(Command::new("chown").arg(user).arg(path));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The user to become where this one may not run Postgres.
pub(crate) fn unprivileged() -> Option<&'static str> {
    let output = |args: &[&str]| Command::new("id").args(args).output().unwrap();
    if output(&["-u"]).stdout != b"0\n" {
        return None;
    }
    Some(if output(&["postgres"]).status.success() { "postgres" } else { "nobody" })
}

/// A server of a major that is offered, the newest there is: older ones know no rights on single roles.
fn find_bin() -> PathBuf {
    let listed = |parent: &Path| {
        ["18", "17", "16"]
            .map(|major| parent.join(major).join("bin"))
            .into_iter()
            .find(|bin| bin.join("initdb").exists() && bin.join("postgres").exists())
    };
    let named = std::env::var_os("DBX_POSTGRES_DIR").map(PathBuf::from);
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.dbx/postgres");
    [named, Some(fetched), Some("/usr/lib/postgresql".into())]
        .into_iter()
        .flatten()
        .find_map(|parent| listed(&parent))
        .expect("these tests need a Postgres 16 or newer: run proxmox-adapter/emulator/fetch-postgres.sh")
}

/// A loopback address whose port 5432 nobody uses.
pub(crate) fn free_address() -> Ipv4Addr {
    loop {
        // The random part of a version 7 UUID.
        let [.., high, low] = uuid::Uuid::now_v7().into_bytes();
        let address = Ipv4Addr::new(127, 77, high, low.clamp(1, 254));
        if std::net::TcpListener::bind((address, 5432)).is_ok() {
            return address;
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

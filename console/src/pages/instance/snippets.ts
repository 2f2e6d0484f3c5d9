import type { Connection } from "@/api/types";

export const LANGUAGES = ["psql", "uri", "env", "rust", "node", "python", "go", "jdbc"] as const;
export type Language = (typeof LANGUAGES)[number];

export const LANGUAGE_NAME: Record<Language, string> = {
  psql: "psql",
  uri: "URI",
  env: ".env",
  rust: "Rust",
  node: "Node.js",
  python: "Python",
  go: "Go",
  jdbc: "JDBC",
};

/** Stands for the password where it is not shown. */
export const MASK = "••••••••••••";

/** The certificate's file in all snippets: what the download is called. */
export const certificateFile = (name: string): string => `${name}.pem`;

/** How to connect with `language`. The password is encoded where it is part of a URI. */
export function snippet(language: Language, to: Connection, name: string, password: string): string {
  const file = certificateFile(name);
  const encoded = password === MASK ? MASK : encodeURIComponent(password);
  const uri = `postgresql://${to.user}:${encoded}@${to.host}:${to.port}/${to.database}?sslmode=${to.sslMode}&sslrootcert=${file}`;
  const parts = { ...to, file, password, uri };
  return BUILDERS[language](parts);
}

type Parts = Connection & {
  file: string;
  password: string;
};

const text = (value: string) => JSON.stringify(value);

const BUILDERS: Record<Language, (parts: Parts) => string> = {
  psql: ({ host, port, user, database, sslMode, file, password }) =>
    `PGPASSWORD='${password.replaceAll("'", `'\\''`)}' psql \\\n  "host=${host} port=${port} user=${user} dbname=${database}
   sslmode=${sslMode} sslrootcert=${file}"`,
  uri: ({ uri }) => uri,
  env: ({ host, port, user, database, sslMode, file, password, uri }) =>
    [
      `DATABASE_URL=${text(uri)}`,
      `PGHOST=${host}`,
      `PGPORT=${port}`,
      `PGUSER=${user}`,
      `PGPASSWORD=${text(password)}`,
      `PGDATABASE=${database}`,
      `PGSSLMODE=${sslMode}`,
      `PGSSLROOTCERT=${file}`,
    ].join("\n"),
  rust: ({ host, port, user, database, file, password }) => `use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};

let options = PgConnectOptions::new()
    .host(${text(host)})
    .port(${port})
    .username(${text(user)})
    .password(${text(password)})
    .database(${text(database)})
    .ssl_mode(PgSslMode::VerifyFull)
    .ssl_root_cert(${text(file)});
let pool = PgPoolOptions::new().connect_with(options).await?;`,
  node: ({ host, port, user, database, file, password }) => `import { readFileSync } from "node:fs";
import pg from "pg";

const pool = new pg.Pool({
  host: ${text(host)},
  port: ${port},
  user: ${text(user)},
  password: ${text(password)},
  database: ${text(database)},
  ssl: { ca: readFileSync(${text(file)}, "utf8") },
});`,
  python: ({ host, port, user, database, sslMode, file, password }) => `import psycopg

connection = psycopg.connect(
    host=${text(host)},
    port=${port},
    user=${text(user)},
    password=${text(password)},
    dbname=${text(database)},
    sslmode=${text(sslMode)},
    sslrootcert=${text(file)},
)`,
  go: ({ uri }) => `import (
    "context"

    "github.com/jackc/pgx/v5/pgxpool"
)

pool, err := pgxpool.New(context.Background(),
    ${text(uri)})`,
  jdbc: ({ host, port, user, database, sslMode, file, password }) =>
    `jdbc:postgresql://${host}:${port}/${database}?user=${user}&password=${password === MASK ? MASK : encodeURIComponent(password)}&sslmode=${sslMode}&sslrootcert=${file}`,
};

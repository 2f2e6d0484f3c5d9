//! Looking for what must not be kept.

use crate::stand::Stand;

impl Stand {
    /// Asserts that no row of any table shows any of `secrets`.
    pub(crate) async fn assert_nowhere(&self, secrets: &[&str]) {
        let owner = self.database.connection().await;
        let tables = "SELECT relname::text FROM pg_class
                      WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
        let tables = owner.query(tables, &[]).await.unwrap();
        assert!(tables.len() > 20, "{} tables", tables.len());
        for table in tables {
            let table: &str = table.get(0);
            let rows = owner.query(&format!("SELECT t::text FROM {table} t"), &[]).await.unwrap();
            for row in rows {
                let row: &str = row.get(0);
                let shown = secrets.iter().find(|secret| row.contains(**secret));
                assert!(shown.is_none(), "{table} shows {shown:?}: {row}");
            }
        }
    }
}

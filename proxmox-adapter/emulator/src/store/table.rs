//! A keyed table that knows which of its rows changed since the last commit.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Rows by key. Every way to change a row marks it, so that a commit writes the changed rows and no others.
#[derive(Debug)]
pub(crate) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    dirty: BTreeSet<K>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), dirty: BTreeSet::new() }
    }
}

impl<K, V> Table<K, V>
where
    K: Ord + Clone + ToString + FromStr,
    V: Serialize + DeserializeOwned,
{
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    /// The row, to be changed: counts as changed from here on.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        self.dirty.insert(key.clone());
        Some(row)
    }

    pub(crate) fn entry(&mut self, key: &K, default: impl FnOnce() -> V) -> &mut V {
        self.dirty.insert(key.clone());
        self.rows.entry(key.clone()).or_insert_with(default)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.dirty.insert(key.clone());
        self.rows.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let row = self.rows.remove(key)?;
        self.dirty.insert(key.clone());
        Some(row)
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.rows.values()
    }

    pub(crate) fn keys(&self) -> Vec<K> {
        self.rows.keys().cloned().collect()
    }

    /// Marks all rows as changed: the next commit writes the whole table.
    pub(crate) fn mark_all(&mut self) {
        self.dirty = self.rows.keys().cloned().collect();
    }

    /// The changed rows (`None`: removed), and forgets that they changed.
    pub(crate) fn drain(&mut self) -> Vec<(String, Option<Value>)> {
        let dirty = std::mem::take(&mut self.dirty);
        let encode = |row: &V| serde_json::to_value(row).unwrap_or(Value::Null);
        dirty.into_iter().map(|key| (key.to_string(), self.rows.get(&key).map(encode))).collect()
    }

    /// Puts back a row that [`drain`](Self::drain) gave.
    pub(crate) fn restore(&mut self, key: &str, value: Option<Value>) -> Result<(), String> {
        let key = key.parse::<K>().map_err(|_| format!("bad key {key:?}"))?;
        match value {
            Some(value) => {
                let row = serde_json::from_value(value).map_err(|error| error.to_string())?;
                self.rows.insert(key, row);
            }
            None => {
                self.rows.remove(&key);
            }
        }
        Ok(())
    }
}

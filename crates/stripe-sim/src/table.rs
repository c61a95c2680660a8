//! Objects of one kind in the order in which they were made, found by their identifier.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a table holds.
pub(crate) trait Row {
    fn id(&self) -> &str;
    /// When it was made, in seconds.
    fn created(&self) -> i64;
}

/// The objects of one kind.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: BTreeMap<u64, T>,
    places: HashMap<String, u64>,
    next: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), places: HashMap::new(), next: 0 }
    }
}

impl<T: Row> Table<T> {
    pub(crate) fn add(&mut self, row: T) {
        self.places.insert(row.id().to_owned(), self.next);
        self.rows.insert(self.next, row);
        self.next += 1;
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.places.get(id).and_then(|place| self.rows.get(place))
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.places.get(id).and_then(|place| self.rows.get_mut(place))
    }

    /// Forgets the oldest.
    pub(crate) fn forget_oldest(&mut self) {
        if let Some((_, row)) = self.rows.pop_first() {
            self.places.remove(row.id());
        }
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &T> {
        self.rows.values().rev()
    }

    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = &T> {
        self.rows.values()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

impl<T: Serialize> Serialize for Table<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.values())
    }
}

impl<'de, T: Row + Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Self::default();
        for row in Vec::<T>::deserialize(deserializer)? {
            table.add(row);
        }
        Ok(table)
    }
}

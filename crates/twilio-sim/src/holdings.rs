//! The numbers that are owned, with their indices. A number has one owner at most, and a SID is given once.
//!
//! A sequence number orders purchases; pages of a list begin after one, so that purchases and releases between two
//! pages neither repeat nor hide another number.

use std::collections::{BTreeMap, HashMap};

use crate::{inventory::Inventory, number::OwnedNumber};

/// How long lists leave a new number out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lag {
    /// For so many lists that would have shown it.
    Lists(u32),
    /// Until lists are told to catch up.
    UntilEnded,
}

struct Holding {
    number: OwnedNumber,
    lag: Option<Lag>,
}

/// All owned numbers of all accounts.
pub(crate) struct Holdings {
    by_sequence: BTreeMap<u64, Holding>,
    sequence_of_sid: HashMap<String, u64>,
    sequence_of_phone: HashMap<String, u64>,
    /// For each position of the stock, whether somebody owns it, or Twilio has taken it off the market.
    taken: Vec<bool>,
    next_sequence: u64,
    revision: u64,
}

impl Holdings {
    /// Nothing is owned.
    pub(crate) fn none_of(inventory: &Inventory) -> Self {
        Self {
            by_sequence: BTreeMap::new(),
            sequence_of_sid: HashMap::new(),
            sequence_of_phone: HashMap::new(),
            taken: vec![false; inventory.len()],
            next_sequence: 1,
            revision: 1,
        }
    }

    /// Counts changes from 1; a stored state is out of date when it was made at a smaller one.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn is_taken(&self, position: usize) -> bool {
        self.taken.get(position).copied().unwrap_or(true)
    }

    /// Oldest first.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = &OwnedNumber> {
        self.by_sequence.values().map(|holding| &holding.number)
    }

    /// Oldest first, to change what does not identify them.
    pub(crate) fn numbers_mut(&mut self) -> impl Iterator<Item = &mut OwnedNumber> {
        self.revision += 1;
        self.by_sequence.values_mut().map(|holding| &mut holding.number)
    }

    pub(crate) fn by_sid(&self, sid: &str) -> Option<&OwnedNumber> {
        let sequence = self.sequence_of_sid.get(sid)?;
        self.by_sequence.get(sequence).map(|holding| &holding.number)
    }

    pub(crate) fn by_phone(&self, phone_number: &str) -> Option<&OwnedNumber> {
        let sequence = self.sequence_of_phone.get(phone_number)?;
        self.by_sequence.get(sequence).map(|holding| &holding.number)
    }

    pub(crate) fn at(&self, sequence: u64) -> Option<&OwnedNumber> {
        self.by_sequence.get(&sequence).map(|holding| &holding.number)
    }

    /// Adds a number that nobody owns.
    pub(crate) fn add(&mut self, number: OwnedNumber, lag: Option<Lag>, inventory: &Inventory) {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        self.revision += 1;
        self.mark(&number.phone_number, true, inventory);
        self.sequence_of_sid.insert(number.sid.clone(), sequence);
        self.sequence_of_phone.insert(number.phone_number.clone(), sequence);
        self.by_sequence.insert(sequence, Holding { number, lag });
    }

    /// Puts a changed number in the place of the one with its SID.
    pub(crate) fn replace(&mut self, number: OwnedNumber) {
        let sequence = self.sequence_of_sid.get(&number.sid);
        if let Some(holding) = sequence.and_then(|sequence| self.by_sequence.get_mut(sequence)) {
            holding.number = number;
            self.revision += 1;
        }
    }

    /// Gives a number back to the stock.
    pub(crate) fn remove(&mut self, sid: &str, inventory: &Inventory) -> Option<OwnedNumber> {
        let sequence = self.sequence_of_sid.remove(sid)?;
        let number = self.by_sequence.remove(&sequence)?.number;
        self.sequence_of_phone.remove(&number.phone_number);
        self.mark(&number.phone_number, false, inventory);
        self.revision += 1;
        Some(number)
    }

    /// Takes a number from its owner and off the market.
    pub(crate) fn reclaim(&mut self, sid: &str, inventory: &Inventory) -> Option<OwnedNumber> {
        let number = self.remove(sid, inventory)?;
        self.mark(&number.phone_number, true, inventory);
        Some(number)
    }

    /// Nobody owns anything any more. The revision goes on, so that the stored state is replaced.
    pub(crate) fn clear(&mut self) {
        self.by_sequence.clear();
        self.sequence_of_sid.clear();
        self.sequence_of_phone.clear();
        self.taken.fill(false);
        self.revision += 1;
    }

    /// Whether a list that would show this number leaves it out; that list is then counted.
    pub(crate) fn lags(&mut self, sequence: u64) -> bool {
        let Some(holding) = self.by_sequence.get_mut(&sequence) else { return false };
        match holding.lag {
            None => false,
            Some(Lag::UntilEnded) => true,
            Some(Lag::Lists(lists)) => {
                holding.lag = lists.checked_sub(1).filter(|left| *left > 0).map(Lag::Lists);
                lists > 0
            }
        }
    }

    /// Lists show every number from now on.
    pub(crate) fn end_lag(&mut self) {
        for holding in self.by_sequence.values_mut() {
            holding.lag = None;
        }
    }

    /// Newest first, with their sequence numbers, from below the given one.
    pub(crate) fn newest_first(&self, before: Option<u64>) -> impl Iterator<Item = (u64, &OwnedNumber)> {
        let end = before.unwrap_or(u64::MAX);
        self.by_sequence.range(..end).rev().map(|(sequence, holding)| (*sequence, &holding.number))
    }

    fn mark(&mut self, phone_number: &str, taken: bool, inventory: &Inventory) {
        let position = inventory.position_of(phone_number);
        if let Some(mark) = position.and_then(|position| self.taken.get_mut(position)) {
            *mark = taken;
        }
    }
}

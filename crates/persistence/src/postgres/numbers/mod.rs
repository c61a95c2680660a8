//! Numbers: the port of releases, and the port for reading and changing numbers.

mod listing;
mod reading;
mod recording;
mod release_begin;
mod release_end;
mod releases;
mod row;
mod update;

pub(super) use self::release_end::transition;
pub(super) use self::releases::statuses_before;
pub(super) use self::row::number_row;

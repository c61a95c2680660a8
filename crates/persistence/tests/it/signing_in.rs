//! The contract of sessions.

use crate::engine::on_every_engine;

on_every_engine!(trunkline_sessions::session_store_contract!(sessions));

//! The contracts of provisioning's stores, and its ledger against the model.

use proptest::collection::vec;
use proptest::prelude::*;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::ledger::{Step, replay};

use crate::engine::{self, on_every_engine};

on_every_engine!(trunkline_provisioning::provisioning_store_contract!(provisioning));

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<u8>(), 0..3_000_000_u32, any::<u8>());
    vec(step.prop_map(|(action, micros, pick)| Step { action, micros, pick }), 1..40)
}

fn replay_on(fixture: impl Future<Output = Fixture>, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { replay(&fixture.await, steps).await });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_ledger_agrees_with_the_model_on_sqlite(steps in steps()) {
        replay_on(engine::sqlite::provisioning(), &steps);
    }

    #[test]
    fn the_ledger_agrees_with_the_model_on_postgres(steps in steps()) {
        replay_on(engine::postgres::provisioning(), &steps);
    }
}

//! The contracts of provisioning's stores, and its ledger against the model.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use trunkline_provisioning::contract::Fixture;
use trunkline_provisioning::contract::ledger::{Step, replay};

use crate::fixture::Database;

pub(crate) async fn fixture() -> Fixture {
    let database = Database::new().await;
    let store = Arc::new(database.open().await);
    let clock = Arc::clone(&database.clock);
    Fixture::of(&store, clock, Box::new(database))
}

trunkline_provisioning::provisioning_store_contract!(crate::provisioning_contract::fixture);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (any::<u8>(), 0..3_000_000_u32, any::<u8>());
    vec(step.prop_map(|(action, micros, pick)| Step { action, micros, pick }), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_ledger_agrees_with_the_model(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { replay(&fixture().await, &steps).await });
    }
}

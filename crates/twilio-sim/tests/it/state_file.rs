//! Owned numbers from one run to the next.

use std::path::Path;

use trunkline_twilio_sim::{Fault, FaultAction, Simulator, SimulatorConfig, SimulatorError};

use crate::bench::{ACCOUNT, Bench, TOKEN};

fn config(path: &Path) -> SimulatorConfig {
    let mut config = SimulatorConfig::new(ACCOUNT, TOKEN);
    config.state_file = Some(path.to_owned());
    config
}

#[tokio::test]
async fn owned_numbers_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sim.json");
    let bench = Bench::with(config(&path)).await;
    let numbers = bench.search("US/Local.json?PageSize=3").await;
    for number in &numbers {
        bench.buy(number).await;
    }
    bench.admin.console_release(&numbers[1]).unwrap();
    bench.admin.rename(&numbers[2], "renamed").unwrap();
    let owned = bench.admin.owned();
    bench.simulator.shutdown().await;

    let again = Bench::with(config(&path)).await;
    assert_eq!(again.admin.owned(), owned);
    assert_eq!(again.listed("").await, [numbers[2].as_str(), numbers[0].as_str()]);
    let free = again.search("US/Local.json?PageSize=1000").await;
    assert!(free.contains(&numbers[1]) && !free.contains(&numbers[0]));
    again.admin.reset();
    drop(again);

    assert!(Bench::with(config(&path)).await.admin.owned().is_empty());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half written is left: {left:?}");
}

#[tokio::test]
async fn a_number_is_on_disk_before_its_answer_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sim.json");
    let bench = Bench::with(config(&path)).await;
    let number = bench.any_number().await;
    bench.admin.script(Fault::new(FaultAction::ActThenReset));
    let lost = bench.request(reqwest::Method::POST, "/IncomingPhoneNumbers.json");
    lost.form(&[("PhoneNumber", &number)]).send().await.unwrap_err();
    // As after a crash, nothing is shut down.
    assert_eq!(Bench::with(config(&path)).await.admin.owned()[0].phone_number, number);
}

#[tokio::test]
async fn a_state_file_that_cannot_be_used_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let listen = ([127, 0, 0, 1], 0).into();
    let absent = Simulator::start(listen, config(&folder.path().join("no/folder/sim.json"))).await;
    assert!(matches!(absent.unwrap_err(), SimulatorError::StateFile { .. }));

    let path = folder.path().join("other.json");
    std::fs::write(&path, "{\"something\": \"else\"}").unwrap();
    let error = Simulator::start(listen, config(&path)).await.unwrap_err();
    assert!(matches!(error, SimulatorError::StateFileContent { .. }));
    assert!(error.to_string().contains("other.json"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"something\": \"else\"}", "it is left alone");
}

#[tokio::test]
async fn an_address_in_use_stops_the_start() {
    let bench = Bench::start().await;
    let taken = bench.simulator.url().replace("http://", "").parse().unwrap();
    let error = Simulator::start(taken, SimulatorConfig::new(ACCOUNT, TOKEN)).await.unwrap_err();
    assert!(matches!(error, SimulatorError::Listen { .. }));
}

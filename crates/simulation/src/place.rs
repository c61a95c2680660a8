//! Where threads run. The threads of one database take turns, as its plays go in lockstep: on one processor they hand
//! over to one another in half of the time that it takes between two.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Keeps the calling thread, and every thread that it starts from now on, on one of the processors that it may run on.
/// Where the system refuses, it runs wherever it likes, and slower.
pub(crate) fn stay(turn: usize) {
    let this_thread = Pid::from_raw(0);
    let Ok(allowed) = sched_getaffinity(this_thread) else { return };
    let processors: Vec<usize> =
        (0..CpuSet::count()).filter(|&processor| allowed.is_set(processor).unwrap_or(false)).collect();
    let Some(&processor) = processors.get(turn % processors.len().max(1)) else { return };
    let mut only = CpuSet::new();
    if only.set(processor).is_ok() {
        let _ = sched_setaffinity(this_thread, &only);
    }
}

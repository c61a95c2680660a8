//! `throwaway-postgres`: starts a PostgreSQL server for tests, prints its address, and stops it when its standard
//! input ends. A script that holds the other end of the pipe needs no clean-up of its own, however it ends.

use std::io::{self, Write};

use trunkline_testkit::{Cluster, Durability};

fn main() -> io::Result<()> {
    let cluster = Cluster::start(Durability::Fast);
    writeln!(io::stdout(), "{}", cluster.url())?;
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

//! A disk of a few megabytes under a database, to be filled.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;
use trunkline_testkit::{Cluster, Database};

/// What the database needs from the start, and little more.
const SIZE: &str = "24m";

/// A file system in memory that holds the database's tables. Where nobody may mount one, a trigger says in its place
/// what PostgreSQL says when it meets the end of a disk.
pub(super) struct SmallDisk<'a> {
    database: &'a Database,
    mounted: Option<Mounted>,
}

struct Mounted {
    folder: TempDir,
}

impl<'a> SmallDisk<'a> {
    pub(super) fn under(cluster: &Cluster, database: &'a Database) -> Self {
        let mounted = Mounted::new();
        if let Some(mounted) = &mounted {
            let place = mounted.folder.path().join("tables");
            make_for_postgres(&place, cluster);
            cluster.server().run(&[
                &format!("CREATE TABLESPACE small LOCATION '{}'", place.display()),
                &format!(r#"ALTER DATABASE "{}" SET TABLESPACE small"#, database.name()),
            ]);
        } else {
            eprintln!(
                "NOT MOUNTED: the end of the disk is played by a trigger, because nobody may mount one here"
            );
        }
        Self { database, mounted }
    }

    /// Leaves no room for another page.
    pub(super) fn fill(&self) {
        if self.mounted.is_none() {
            self.database.run(&[
                "CREATE FUNCTION public.end_of_disk() RETURNS trigger LANGUAGE plpgsql AS
                 $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$",
                "CREATE TRIGGER end_of_disk BEFORE INSERT ON trunkline.transfer
                 FOR EACH ROW EXECUTE FUNCTION public.end_of_disk()",
            ]);
            return;
        }
        self.database.run(&[
            "CREATE TABLE public.filler (bytes text)",
            "ALTER TABLE public.filler ALTER bytes SET STORAGE PLAIN",
        ]);
        // In ever smaller pieces, so that not even the last page is left.
        for rows in [1000, 100, 10, 1] {
            let fill =
                format!("INSERT INTO public.filler SELECT repeat('x', 8000) FROM generate_series(1, {rows})");
            while self.database.try_run(&[&fill]).is_ok() {}
        }
    }

    /// There is room again.
    pub(super) fn free(&self) {
        if self.mounted.is_none() {
            self.database.run(&["DROP FUNCTION public.end_of_disk() CASCADE"]);
        } else {
            self.database.run(&["DROP TABLE public.filler", "CHECKPOINT"]);
        }
    }
}

impl Mounted {
    fn new() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={SIZE}"), "tmpfs"]).arg(folder.path());
        let is_mounted = mount.output().is_ok_and(|output| output.status.success());
        is_mounted.then_some(Self { folder })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

/// A folder that the server's user owns, as it owns the folder of its socket.
fn make_for_postgres(place: &PathBuf, cluster: &Cluster) {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    std::fs::create_dir(place).unwrap();
    let owner = std::fs::metadata(cluster.socket_folder()).unwrap();
    let parent = place.parent().unwrap();
    for folder in [parent, place] {
        chown(folder, Some(owner.uid()), Some(owner.gid())).unwrap();
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

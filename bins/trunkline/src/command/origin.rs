//! Who is at the command line: what audit lines say of whoever ran a command.
//!
//! It is what the environment says, so that two operators of one machine are told apart. It proves nothing: whoever may run
//! a command may set its environment.

use std::env;

use nix::unistd::getuid;
use trunkline_domain::Origin;

/// The longest name that is kept, in characters.
const LOGIN_MAX: usize = 64;

/// Who runs this command: who they were before `sudo`, else the machine's user by name, else by number.
pub(crate) fn origin() -> Origin {
    Origin::command_line_of(login(|name| env::var(name).ok(), getuid().as_raw()))
}

fn login(read: impl Fn(&str) -> Option<String>, uid: u32) -> String {
    let legible = |name: String| -> String {
        name.trim().chars().filter(|character| !character.is_control()).take(LOGIN_MAX).collect()
    };
    ["SUDO_USER", "USER", "LOGNAME"]
        .into_iter()
        .filter_map(|name| read(name).map(legible))
        .find(|name| !name.is_empty())
        .unwrap_or_else(|| format!("uid {uid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_became_root_is_still_told_by_name() {
        let told = |environment: &[(&str, &str)]| {
            let read = |name: &str| {
                environment.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
            };
            login(read, 1000)
        };
        assert_eq!(told(&[("SUDO_USER", "ann"), ("USER", "root"), ("LOGNAME", "root")]), "ann");
        assert_eq!(told(&[("USER", "bob"), ("LOGNAME", "robert")]), "bob");
        assert_eq!(told(&[("SUDO_USER", ""), ("USER", " "), ("LOGNAME", "bob\n")]), "bob");
        assert_eq!(told(&[]), "uid 1000");
        assert_eq!(told(&[("USER", &"x".repeat(100))]).len(), LOGIN_MAX);
    }
}

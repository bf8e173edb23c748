//! Who the user is, and which group is the user's own.

/// Whether `uid` is the user who runs this process.
pub fn is_me(uid: u32) -> bool {
    #[cfg(unix)]
    return uid == rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    return uid == 0;
}

/// Whether the user may do everything anyway.
pub fn is_root() -> bool {
    cfg!(unix) && is_me(0)
}

/// Whether `uid` is the user, or root.
pub fn is_trusted(uid: u32) -> bool {
    uid == 0 || is_me(uid)
}

/// Whether `gid` is the user's own private group: the user's primary group, of the same name, with no other
/// member, and the primary group of no other user.
///
/// Who has a group as the primary one is in no list of members, and a directory service does not tell all of
/// its users. So both the user and the group have to be this machine's own, in its files.
///
/// It is asked only about a file that a group may write.
pub fn is_my_private_group(gid: u32) -> bool {
    #[cfg(unix)]
    {
        use nix::unistd::{Gid, Group, User, geteuid};
        let (Ok(Some(user)), Ok(Some(group))) =
            (User::from_uid(geteuid()), Group::from_gid(Gid::from_raw(gid)))
        else {
            return false;
        };
        user.gid == group.gid
            && user.name == group.name
            && group.mem.iter().all(|name| *name == user.name)
            && is_private_in(&database("/etc/passwd"), &database("/etc/group"), user.uid.as_raw(), gid)
    }
    #[cfg(not(unix))]
    {
        let _ = gid;
        false
    }
}

#[cfg(unix)]
fn database(path: &str) -> String {
    const LARGEST: u64 = 16 * 1024 * 1024;
    let content = super::files::read(std::path::Path::new(path), LARGEST).unwrap_or_default();
    String::from_utf8_lossy(&content).into_owned()
}

/// Whether the files of users and groups know the user `uid` and the group `gid`, and no other user in that group.
#[cfg(unix)]
fn is_private_in(passwd: &str, group: &str, uid: u32, gid: u32) -> bool {
    let (mut name, mut is_group_known) = (None, false);
    for line in passwd.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        let number = |field: usize| fields.get(field).and_then(|text| text.trim().parse::<u32>().ok());
        match (number(2), number(3)) {
            (Some(user), Some(primary)) if primary == gid => {
                if user != uid {
                    return false;
                }
                name = fields.first().copied();
            }
            // `+` takes in the users of a directory service.
            _ if line.starts_with('+') => return false,
            _ => {}
        }
    }
    let Some(name) = name else { return false };
    for line in group.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(':').collect();
        if fields.get(2).and_then(|text| text.trim().parse().ok()) != Some(gid) {
            continue;
        }
        is_group_known = true;
        let members = fields.get(3).copied().unwrap_or_default();
        if members.split(',').map(str::trim).any(|member| !member.is_empty() && member != name) {
            return false;
        }
    }
    is_group_known
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_private_when_nobody_else_is_in_it() {
        let passwd = "root:x:0:0::/root:/bin/sh\ndana:x:1000:1000::/home/dana:/bin/sh\n";
        let group = "root:x:0:\ndana:x:1000:\n";
        let is_private = |passwd: &str, group: &str| is_private_in(passwd, group, 1000, 1000);
        assert!(is_private(passwd, group));
        assert!(is_private(passwd, &group.replace("1000:", "1000:dana")));
        // A second name of the same user is the same user.
        assert!(is_private(&format!("{passwd}dana2:x:1000:1000::/:/bin/sh\n"), group));
        for (passwd, group) in [
            // It is another user's primary group, which no list of members says.
            (format!("{passwd}mallory:x:1001:1000::/:/bin/sh\n"), group.to_owned()),
            (format!("mallory:x:1001: 1000::/:/bin/sh\n{passwd}"), group.to_owned()),
            (passwd.to_owned(), group.replace("1000:", "1000:dana,mallory")),
            (passwd.to_owned(), format!("{group}other:x:1000:mallory\n")),
            // The user or the group comes from elsewhere, where not everybody can be seen.
            ("root:x:0:0::/root:/bin/sh\n".to_owned(), group.to_owned()),
            (passwd.to_owned(), "root:x:0:\n".to_owned()),
            (format!("{passwd}+::::::\n"), group.to_owned()),
            (String::new(), String::new()),
        ] {
            assert!(!is_private(&passwd, &group), "{passwd}{group}");
        }
    }
}

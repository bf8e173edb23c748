//! Who the user is, and which group is the user's own.

/// Whether `uid` is the user who runs this process.
pub fn is_me(uid: u32) -> bool {
    #[cfg(unix)]
    return uid == rustix::process::geteuid().as_raw();
    #[cfg(not(unix))]
    return uid == 0;
}

/// Whether `gid` is the user's own private group: the user's primary group, with no other member.
///
/// Reads the user and group databases, so it is asked only about a file that a group may write.
pub fn is_my_private_group(gid: u32) -> bool {
    #[cfg(unix)]
    {
        use nix::unistd::{Gid, Group, User, geteuid};
        let (Ok(Some(user)), Ok(Some(group))) =
            (User::from_uid(geteuid()), Group::from_gid(Gid::from_raw(gid)))
        else {
            return false;
        };
        user.gid == group.gid && user.name == group.name && group.mem.iter().all(|name| *name == user.name)
    }
    #[cfg(not(unix))]
    {
        let _ = gid;
        false
    }
}

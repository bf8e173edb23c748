//! Access control lists: who may write a file beside those that its mode names.
//!
//! With a list, the group's bits of a mode are the most that any entry may allow. So a list is asked for
//! only where they say "write", and a file without that bit costs nothing.

/// Whether the list at `path` lets users other than the owner write; `None` when there is no list.
///
/// A list that cannot be read or understood is one that does.
#[cfg(target_os = "linux")]
pub fn lets_others_write(
    path: &std::path::Path,
    is_me: fn(u32) -> bool,
    is_my_private_group: fn(u32) -> bool,
    gid: u32,
) -> Option<bool> {
    use rustix::io::Errno;
    let mut list = [0_u8; LARGEST];
    match rustix::fs::getxattr(path, ACCESS, &mut list) {
        Ok(length) => {
            let list = list.get(..length).unwrap_or_default();
            Some(grants_write(list, is_me, is_my_private_group, gid).unwrap_or(true))
        }
        Err(Errno::NODATA | Errno::NOTSUP) => None,
        Err(_) => Some(true),
    }
}

/// Other systems keep their lists elsewhere.
#[cfg(not(target_os = "linux"))]
pub fn lets_others_write(
    _: &std::path::Path,
    _: fn(u32) -> bool,
    _: fn(u32) -> bool,
    _: u32,
) -> Option<bool> {
    None
}

/// The attribute that holds a list.
#[cfg(target_os = "linux")]
pub(super) const ACCESS: &str = "system.posix_acl_access";
/// The largest list that is read: some hundred entries.
#[cfg(target_os = "linux")]
pub(super) const LARGEST: usize = 4096;

/// Reads a list as the kernel writes it (`linux/posix_acl_xattr.h`): a version, then for each entry a tag, its
/// permissions and an id. `None` when it is no such list.
#[cfg(target_os = "linux")]
fn grants_write(
    list: &[u8],
    is_me: fn(u32) -> bool,
    is_my_private_group: fn(u32) -> bool,
    gid: u32,
) -> Option<bool> {
    const VERSION: [u8; 4] = 2_u32.to_le_bytes();
    const WRITE: u16 = 2;
    const OWNER: u16 = 1;
    const USER: u16 = 2;
    const OWNING_GROUP: u16 = 4;
    const GROUP: u16 = 8;
    const MASK: u16 = 16;
    const OTHERS: u16 = 32;
    let (entries, rest) = list.strip_prefix(&VERSION)?.as_chunks::<8>();
    if !rest.is_empty() {
        return None;
    }
    let entries = entries.iter().map(|[t0, t1, p0, p1, id @ ..]| {
        (u16::from_le_bytes([*t0, *t1]), u16::from_le_bytes([*p0, *p1]), u32::from_le_bytes(*id))
    });
    let mut most = WRITE;
    let mut others = false;
    for (tag, permissions, id) in entries {
        let writes = permissions & WRITE != 0;
        match tag {
            USER => others |= writes && id != 0 && !is_me(id),
            OWNING_GROUP => others |= writes && !is_my_private_group(gid),
            GROUP => others |= writes && !is_my_private_group(id),
            MASK => most = permissions,
            OTHERS if writes => return Some(true),
            OWNER | OTHERS => {}
            _ => return None,
        }
    }
    Some(others && most & WRITE != 0)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, id) in entries {
            list.extend(tag.to_le_bytes());
            list.extend(permissions.to_le_bytes());
            list.extend(id.to_le_bytes());
        }
        list
    }

    fn verdict(list: &[u8]) -> Option<bool> {
        grants_write(list, |uid| uid == 1000, |gid| gid == 1000, 1000)
    }

    #[test]
    fn a_list_is_read_as_the_kernel_reads_it() {
        const NONE: u32 = u32::MAX;
        let of = |more: &[(u16, u16, u32)], mask: u16| {
            let mut entries = vec![(1, 7, NONE)];
            entries.extend_from_slice(more);
            entries.extend([(16, mask, NONE), (32, 5, NONE)]);
            verdict(&list(&entries))
        };
        assert_eq!(of(&[(4, 7, NONE)], 7), Some(false), "the user's own group");
        assert_eq!(of(&[(2, 6, 1000), (2, 7, 0), (4, 5, NONE)], 7), Some(false), "the user and root");
        assert_eq!(of(&[(2, 6, 1001), (4, 5, NONE)], 7), Some(true), "another user");
        assert_eq!(of(&[(2, 6, 1001), (4, 5, NONE)], 5), Some(false), "the mask takes it away");
        assert_eq!(of(&[(2, 5, 1001), (4, 5, NONE)], 7), Some(false), "another user who may only read");
        assert_eq!(of(&[(4, 5, NONE), (8, 2, 50)], 7), Some(true), "another group");
        assert_eq!(of(&[(4, 5, NONE), (8, 2, 1000)], 7), Some(false), "the user's own group, by name");
    }

    #[test]
    fn what_is_no_list_is_not_understood() {
        for wrong in [&[][..], &[2, 0, 0], &[1, 0, 0, 0], &[2, 0, 0, 0, 1]] {
            assert_eq!(verdict(wrong), None, "{wrong:?}");
        }
        assert_eq!(verdict(&list(&[(64, 7, 0)])), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_are_a_panic(bytes: Vec<u8>) {
            let _ = verdict(&bytes);
            let _ = verdict(&[&2_u32.to_le_bytes()[..], &bytes].concat());
        }
    }
}

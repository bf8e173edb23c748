//! What a process has started, however deep, and how to end all of it. Read from `/proc`; on other systems than
//! Linux there is nothing to be known, and a process group is all that can be ended.
//!
//! A process is known by its number and the moment it started, so that a number that is used again is no
//! mistake.

#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};

/// Makes this process the parent of orphans below its children, so that nothing that they start gets
/// out of its sight.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

/// Leaves the terminal and the session of the parent process.
#[cfg(unix)]
pub fn begin_session() {
    // It may lead one already.
    let _ = rustix::process::setsid();
}

/// The processes below `root`, without itself.
pub fn descendants(root: u32) -> Vec<u32> {
    #[cfg(target_os = "linux")]
    return below(root, &all()).iter().map(|process| process.pid).collect();
    #[cfg(not(target_os = "linux"))]
    {
        let _ = root;
        Vec::new()
    }
}

/// Ends all processes below this one.
pub fn end_descendants() {
    #[cfg(target_os = "linux")]
    end_all(|all| below(std::process::id(), all));
}

/// Ends whatever is left of the session that `leader` started, and what is below it.
pub fn end_session(leader: u32) {
    #[cfg(target_os = "linux")]
    end_all(|all| {
        let members = all.iter().filter(|process| process.session == leader);
        members.flat_map(|member| below(member.pid, all).into_iter().chain([*member])).collect()
    });
    #[cfg(not(target_os = "linux"))]
    let _ = leader;
}

#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Process {
    pid: u32,
    parent: u32,
    session: u32,
    started: u64,
}

/// What starts processes as quickly as it can is not worth more time than this.
#[cfg(target_os = "linux")]
const LONGEST: Duration = Duration::from_secs(2);

#[cfg(target_os = "linux")]
fn end_all(select: impl Fn(&[Process]) -> Vec<Process>) {
    let start = Instant::now();
    loop {
        // One may have started another while we looked.
        let found = select(&all());
        found.iter().for_each(end);
        if found.is_empty() || start.elapsed() > LONGEST {
            return;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(target_os = "linux")]
fn end(process: &Process) {
    use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
    let pid = i32::try_from(process.pid).ok().and_then(Pid::from_raw);
    let Some(Ok(handle)) = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else { return };
    // The handle stays with the process that has the number now: is it still the one that was meant?
    if one(process.pid).is_some_and(|now| now.started == process.started) {
        let _ = pidfd_send_signal(handle, Signal::KILL);
    }
}

#[cfg(target_os = "linux")]
fn below(root: u32, all: &[Process]) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    let mut parents = vec![root];
    while let Some(parent) = parents.pop() {
        for process in all.iter().filter(|process| process.parent == parent && process.pid != root) {
            if !found.contains(process) {
                found.push(*process);
                parents.push(process.pid);
            }
        }
    }
    found
}

/// The processes that have not ended.
#[cfg(target_os = "linux")]
fn all() -> Vec<Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| one(entry.file_name().to_str()?.parse().ok()?)).collect()
}

#[cfg(target_os = "linux")]
fn one(pid: u32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    of_stat(pid, &String::from_utf8_lossy(&stat))
}

/// Reads a line of `proc_pid_stat(5)`. The name in it may have blanks and parentheses.
#[cfg(target_os = "linux")]
fn of_stat(pid: u32, stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let is_over = matches!(*fields.first()?, "Z" | "X" | "x");
    let process = Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        started: fields.get(19)?.parse().ok()?,
    };
    (!is_over).then_some(process)
}

#[cfg(target_os = "linux")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_no_field() {
        let line =
            |state: &str| format!("7 (a) R 1 (b) {state} 5 7 6 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 0");
        let expected = Process { pid: 7, parent: 5, session: 6, started: 4242 };
        assert_eq!(of_stat(7, &line("S")), Some(expected));
        assert_eq!(of_stat(7, &line("Z")), None);
        assert_eq!(of_stat(7, "7 (a"), None);
    }

    #[test]
    fn what_is_below_is_found_at_any_depth() {
        let process = |pid, parent| Process { pid, parent, session: 1, started: 0 };
        let all = [process(1, 0), process(2, 1), process(3, 2), process(4, 3), process(5, 1)];
        let numbers = |root| below(root, &all).iter().map(|process| process.pid).collect::<Vec<_>>();
        assert_eq!(numbers(2), [3, 4]);
        assert_eq!(numbers(4), [] as [u32; 0]);
    }
}

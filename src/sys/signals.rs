//! The signals that ask this process to end: work that they must not cut in two, for which they wait, and work that looks
//! at them and ends by itself. A second one always ends the process.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// The signals that ask a process to end.
pub const SIGNALS: [i32; 3] =
    [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP];

/// What the handlers of all signals share with those who hold them back.
struct SignalState {
    holders: Mutex<Holders>,
    over: Condvar,
    /// Whether a signal ends the process; it also becomes true when one comes, so that a second one does.
    ends: Arc<AtomicBool>,
    /// Whether one came that did not end the process.
    came: Arc<AtomicBool>,
    /// The one that came, 0 for none.
    number: Arc<AtomicUsize>,
}

/// Those for whom the first signal does not end the process.
#[derive(Default)]
struct Holders {
    are_registered: bool,
    /// So much work is not to be cut in two.
    sections: usize,
    /// So many look at the signals and end by themselves.
    watchers: usize,
    /// Whether one came while somebody looked, whose answer it is.
    is_taken: bool,
}

fn state() -> &'static SignalState {
    static STATE: OnceLock<SignalState> = OnceLock::new();
    STATE.get_or_init(|| SignalState {
        holders: Mutex::default(),
        over: Condvar::new(),
        ends: Arc::new(AtomicBool::new(true)),
        came: Arc::default(),
        number: Arc::default(),
    })
}

impl SignalState {
    fn holders(&self) -> MutexGuard<'_, Holders> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here on the first signal does not end the process.
    fn hold(&self, holders: &mut Holders) -> io::Result<()> {
        if !holders.are_registered {
            for signal in SIGNALS {
                signal_hook::flag::register_conditional_default(signal, Arc::clone(&self.ends))?;
                signal_hook::flag::register(signal, Arc::clone(&self.ends))?;
                // Who sees that one came can see which.
                let number = usize::try_from(signal).unwrap_or_default();
                signal_hook::flag::register_usize(signal, Arc::clone(&self.number), number)?;
                signal_hook::flag::register(signal, Arc::clone(&self.came))?;
            }
            holders.are_registered = true;
        }
        if holders.sections + holders.watchers == 0 {
            self.forget(holders);
        }
        Ok(())
    }

    /// As if none had come.
    fn forget(&self, holders: &mut Holders) {
        holders.is_taken = false;
        self.number.store(0, Ordering::SeqCst);
        self.came.store(false, Ordering::SeqCst);
        self.ends.store(false, Ordering::SeqCst);
    }
}

/// Work of this kind that is under way, in any thread of the process.
#[derive(Debug)]
pub struct CriticalSection {
    _private: (),
}

impl CriticalSection {
    /// Starts. The first signal is answered at the end, a second one at once.
    pub fn begin() -> io::Result<Self> {
        let state = state();
        let mut holders = state.holders();
        state.hold(&mut holders)?;
        holders.sections += 1;
        Ok(Self { _private: () })
    }
}

impl Drop for CriticalSection {
    fn drop(&mut self) {
        let state = state();
        let mut holders = state.holders();
        holders.sections -= 1;
        if holders.sections > 0 {
            return;
        }
        state.over.notify_all();
        // Whoever looks at the signals answers them.
        if holders.watchers > 0 {
            return;
        }
        state.ends.store(true, Ordering::SeqCst);
        if let Ok(signal @ 1..) = i32::try_from(state.number.load(Ordering::SeqCst))
            && !holders.is_taken
        {
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    }
}

/// Waits until no such work is under way; `false` when it still is after `patience`.
pub fn wait_until_whole(patience: Duration) -> bool {
    let state = state();
    let (holders, _) = state
        .over
        .wait_timeout_while(state.holders(), patience, |holders| holders.sections > 0)
        .unwrap_or_else(PoisonError::into_inner);
    holders.sections == 0
}

/// From here on this process ends at once when its terminal goes away, whoever looks at signals: what reads keys from a
/// terminal that is gone gets nothing, for ever.
pub fn end_with_terminal() -> io::Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    signal_hook::flag::register_conditional_default(signal_hook::consts::SIGHUP, always)?;
    Ok(())
}

/// Whether a signal came that did not end the process.
pub(super) fn one_came() -> bool {
    state().came.load(Ordering::SeqCst)
}

/// Whether the next signal would not end the process, or one has come that did not.
pub(super) fn are_held_back() -> bool {
    let state = state();
    state.came.load(Ordering::SeqCst) || !state.ends.load(Ordering::SeqCst)
}

/// Ctrl-Z as something to look at: the terminal is put in order before this process stops.
#[derive(Debug)]
pub struct Stops {
    came: Arc<AtomicBool>,
    handler: signal_hook::SigId,
}

impl Stops {
    /// From here on it does not stop the process by itself.
    pub fn watch() -> io::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        let handler = signal_hook::flag::register(signal_hook::consts::SIGTSTP, Arc::clone(&came))?;
        Ok(Self { came, handler })
    }

    /// Whether it has come.
    pub fn came(&self) -> bool {
        self.came.swap(false, Ordering::SeqCst)
    }

    /// Stops this process until somebody lets it go on.
    pub fn stop(&self) {
        let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP);
        self.came.store(false, Ordering::SeqCst);
    }
}

impl Drop for Stops {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.handler);
    }
}

/// Ctrl-C and the like as something to look at, for work that ends by itself when it sees it. A second one ends
/// the process.
#[derive(Debug)]
pub struct Interrupts {
    _private: (),
}

impl Interrupts {
    /// From here on they are looked at.
    pub fn watch() -> io::Result<Self> {
        let state = state();
        let mut holders = state.holders();
        state.hold(&mut holders)?;
        holders.watchers += 1;
        Ok(Self { _private: () })
    }

    /// Whether one has come.
    pub fn came(&self) -> bool {
        one_came()
    }

    /// The number of the one that has come.
    pub fn number(&self) -> Option<i32> {
        self.came().then(|| i32::try_from(state().number.load(Ordering::SeqCst)).unwrap_or_default())
    }

    /// As if none had come: it was for work that has ended.
    pub fn forget(&self) {
        let state = state();
        state.forget(&mut state.holders());
    }

    /// What becomes true when one comes.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&state().came)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        let state = state();
        let mut holders = state.holders();
        holders.is_taken |= self.came();
        holders.watchers -= 1;
        if holders.sections + holders.watchers == 0 {
            state.ends.store(true, Ordering::SeqCst);
        }
    }
}

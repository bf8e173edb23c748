//! Work that Ctrl-C must not cut in two: while it lasts, the signals that ask this process to end wait.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Work of this kind that is under way, in any thread of the process.
#[derive(Debug)]
pub struct CriticalSection {
    _private: (),
}

#[derive(Default)]
struct SignalState {
    under_way: Mutex<usize>,
    over: Condvar,
    /// Whether a signal ends the process; it also becomes true when one comes, so that a second one does.
    ends: Arc<AtomicBool>,
    /// The one that came, 0 for none.
    came: Arc<AtomicUsize>,
    registered: AtomicBool,
}

fn state() -> &'static SignalState {
    static STATE: OnceLock<SignalState> = OnceLock::new();
    STATE.get_or_init(SignalState::default)
}

/// The signals that ask a process to end.
pub const SIGNALS: [i32; 3] =
    [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP];

/// From here on a signal only raises `came`; the one that finds it raised ends the process.
fn end_on_the_second(came: &Arc<AtomicBool>) -> io::Result<()> {
    for signal in SIGNALS {
        signal_hook::flag::register_conditional_default(signal, Arc::clone(came))?;
        signal_hook::flag::register(signal, Arc::clone(came))?;
    }
    Ok(())
}

impl CriticalSection {
    /// Starts. The first signal is answered at the end, a second one at once.
    pub fn begin() -> io::Result<Self> {
        let state = state();
        let mut under_way = state.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.registered.swap(true, Ordering::SeqCst) {
            end_on_the_second(&state.ends)?;
            for signal in SIGNALS {
                let number = usize::try_from(signal).unwrap_or_default();
                signal_hook::flag::register_usize(signal, Arc::clone(&state.came), number)?;
            }
        }
        if *under_way == 0 {
            state.ends.store(false, Ordering::SeqCst);
        }
        *under_way += 1;
        Ok(Self { _private: () })
    }
}

impl Drop for CriticalSection {
    fn drop(&mut self) {
        let state = state();
        let mut under_way = state.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        *under_way -= 1;
        if *under_way == 0 {
            state.over.notify_all();
            state.ends.store(true, Ordering::SeqCst);
            if let Ok(signal @ 1..) = i32::try_from(state.came.load(Ordering::SeqCst)) {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        }
    }
}

/// Waits until no such work is under way; `false` when it still is after `patience`.
pub fn wait_until_whole(patience: Duration) -> bool {
    let state = state();
    let under_way = state.under_way.lock().unwrap_or_else(PoisonError::into_inner);
    let (under_way, _) = state
        .over
        .wait_timeout_while(under_way, patience, |count| *count > 0)
        .unwrap_or_else(PoisonError::into_inner);
    *under_way == 0
}

/// From here on this process ends at once when its terminal goes away, whoever looks at signals: what reads keys from a
/// terminal that is gone gets nothing, for ever.
pub fn end_with_terminal() -> io::Result<()> {
    let always = Arc::new(AtomicBool::new(true));
    signal_hook::flag::register_conditional_default(signal_hook::consts::SIGHUP, always)?;
    Ok(())
}

/// Ctrl-C and the like as something to look at, for work that ends by itself when it sees it. A second one ends
/// the process.
#[derive(Debug)]
pub struct Interrupts {
    came: Arc<AtomicBool>,
}

/// One flag for all who look, so that none of those who look no more is left over.
static WATCHED: Mutex<Option<Arc<AtomicBool>>> = Mutex::new(None);
/// How many look.
static WATCHERS: AtomicUsize = AtomicUsize::new(0);

impl Interrupts {
    /// From here on they are looked at.
    pub fn watch() -> io::Result<Self> {
        let mut watched = WATCHED.lock().unwrap_or_else(PoisonError::into_inner);
        let came = if let Some(came) = &*watched {
            Arc::clone(came)
        } else {
            let came = Arc::new(AtomicBool::new(false));
            end_on_the_second(&came)?;
            Arc::clone(watched.insert(came))
        };
        if WATCHERS.fetch_add(1, Ordering::SeqCst) == 0 {
            came.store(false, Ordering::SeqCst);
        }
        Ok(Self { came })
    }

    /// Whether one has come.
    pub fn came(&self) -> bool {
        self.came.load(Ordering::SeqCst)
    }

    /// As if none had come: it was for work that has ended.
    pub fn forget(&self) {
        self.came.store(false, Ordering::SeqCst);
    }

    /// What becomes true when one comes.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.came)
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        WATCHERS.fetch_sub(1, Ordering::SeqCst);
    }
}

//! Loading a library and reading its descriptor. The first thing that happens in a process that was started for it.

use super::error::LibraryFault;
use crate::model::CleanText;
use crate::sys::FileFacts;
use crate::sys::files;
use everestctl_protocol::native::{
    ABI_VERSION, Bytes, DESCRIPTOR_SYMBOL, DescriptorFunction, Invocation, LARGEST_METADATA,
    PluginDescriptor, RunFunction,
};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// A plugin that is loaded, for the rest of the life of this process.
#[derive(Debug)]
pub(super) struct LoadedPlugin {
    descriptor: &'static PluginDescriptor,
    run: RunFunction,
}

/// No descriptor of a later version is larger, in bytes.
const LARGEST_DESCRIPTOR: usize = 4096;

impl LoadedPlugin {
    /// Loads the library at `path`.
    #[expect(unsafe_code, reason = "loading a library runs its constructors")]
    pub(super) fn load(path: &Path) -> Result<Self, LibraryFault> {
        is_for_this_machine(path)?;
        // SAFETY: constructors of the library may do whatever they like, as every program that the user runs may. This process exists for
        // this library alone, so that nothing but this run can suffer.
        let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) };
        let library = library.map_err(|error| not_loaded(path, &error))?;
        // SAFETY: the type is the one that the header gives to this name; whoever exports it has said to follow the header.
        let function = unsafe { library.get::<DescriptorFunction>(DESCRIPTOR_SYMBOL.as_bytes()) };
        let function = *function.map_err(|_| LibraryFault::NoDescriptor)?;
        // Never unloaded: its threads and exit handlers may run until the process has ended.
        std::mem::forget(library);
        // SAFETY: as the header declares it, the function takes nothing.
        let descriptor = unsafe { function() };
        if descriptor.is_null() {
            return Err(invalid("there is none"));
        }
        if !descriptor.is_aligned() {
            return Err(invalid("it is not aligned"));
        }
        // SAFETY: not null, aligned, and a static struct by the header. Its first member is its size, and the others are read only
        // once it covers them.
        let struct_size = unsafe { (&raw const (*descriptor).struct_size).read() };
        if !(size_of::<PluginDescriptor>()..=LARGEST_DESCRIPTOR).contains(&struct_size) {
            let why =
                format!("struct_size is {struct_size}, and {} is expected", size_of::<PluginDescriptor>());
            return Err(LibraryFault::InvalidDescriptor(why));
        }
        // SAFETY: the size covers all members; the header makes it static and constant.
        let descriptor = unsafe { &*descriptor };
        if descriptor.abi_version != ABI_VERSION {
            return Err(LibraryFault::AnotherVersion(descriptor.abi_version));
        }
        let run = descriptor.run.ok_or_else(|| invalid("`run` is NULL"))?;
        Ok(Self { descriptor, run })
    }

    /// What the plugin says of itself.
    #[expect(unsafe_code, reason = "the bytes are the library's")]
    pub(super) fn metadata(&self) -> Result<&'static str, LibraryFault> {
        let Bytes { data, size } = self.descriptor.metadata;
        if size > LARGEST_METADATA {
            return Err(LibraryFault::too_large(size));
        }
        if data.is_null() {
            return Err(LibraryFault::InvalidMetadata("there is none".to_owned()));
        }
        // SAFETY: not null, of a size that was checked, and static by the header.
        let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), size) };
        std::str::from_utf8(bytes).map_err(|_| LibraryFault::InvalidMetadata("it is not UTF-8".to_owned()))
    }

    /// Runs the command; gives its exit code as a system gives it to a parent.
    #[expect(unsafe_code, reason = "the function is the library's")]
    pub(super) fn run(
        &self,
        name: &str,
        arguments: &[OsString],
        host: &everestctl_protocol::native::Host,
    ) -> u8 {
        let arguments: Vec<Bytes> = arguments.iter().map(|argument| Bytes::of(argument.as_bytes())).collect();
        let invocation = Invocation {
            struct_size: size_of::<Invocation>(),
            name: Bytes::of(name.as_bytes()),
            arguments: arguments.as_ptr(),
            argument_count: arguments.len(),
        };
        // SAFETY: both structs are as the header has them and live until the function has returned.
        let code = unsafe { (self.run)(&raw const invocation, &raw const *host) };
        code.to_le_bytes()[0]
    }
}

fn invalid(why: &str) -> LibraryFault {
    LibraryFault::InvalidDescriptor(why.to_owned())
}

/// What the loader says, without the path, which stands before it.
fn not_loaded(path: &Path, error: &libloading::Error) -> LibraryFault {
    let text = match error {
        libloading::Error::DlOpen { source } => source.to_string(),
        other => other.to_string(),
    };
    let why = text
        .strip_prefix(&*path.to_string_lossy())
        .map_or(&*text, |rest| rest.trim_start_matches([':', ' ']));
    LibraryFault::NotLoaded(CleanText::new(why).to_string())
}

/// Whether the file is a whole library for this machine. The loader would say so, too, but not in words for people, and it ends by a
/// signal where pages are missing. What it says of formats other than ELF is left to it.
fn is_for_this_machine(path: &Path) -> Result<(), LibraryFault> {
    let unreadable = |error: std::io::Error| LibraryFault::Unreadable(error.to_string());
    let mut buffer = [0; HEADER];
    let start = files::read_start(path, &mut buffer).map_err(unreadable)?;
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if !start.starts_with(b"\x7fELF") {
        return Err(LibraryFault::NotALibrary);
    }
    if start.len() < HEADER {
        return Err(LibraryFault::CutOff);
    }
    let mut own = [0; HEADER];
    let mine = files::read_start(Path::new("/proc/self/exe"), &mut own).unwrap_or_default();
    // Class and byte order, then the machine (System V ABI, ELF header).
    let facts = |header: &[u8]| Some((header.get(4..6)?.to_owned(), header.get(18..20)?.to_owned()));
    match (facts(start), facts(mine)) {
        (Some(theirs), Some(ours)) if theirs != ours => return Err(LibraryFault::AnotherMachine),
        _ => {}
    }
    let size = FileFacts::from_path(path).map_err(unreadable)?.identity.size;
    if ends_of_sections(start).is_some_and(|end| end > size) { Err(LibraryFault::CutOff) } else { Ok(()) }
}

/// The size of the header of a 64-bit ELF file, in bytes.
const HEADER: usize = 64;

/// Where the table of sections ends, which linkers put last; `None` in other classes than that of 64 bits.
fn ends_of_sections(header: &[u8]) -> Option<u64> {
    const CLASS_64: u8 = 2;
    if header.get(4) != Some(&CLASS_64) {
        return None;
    }
    let offset = u64::from_ne_bytes(header.get(40..48)?.try_into().ok()?);
    let short = |at: usize| Some(u64::from(u16::from_ne_bytes(header.get(at..at + 2)?.try_into().ok()?)));
    offset.checked_add(short(58)? * short(60)?)
}

//! The built files of a plugin's frontend, in a folder that its `host.yaml` names: a bundle that is shown without a backend,
//! or before the backend has it.
//!
//! It must not know who asks for them.

use everestctl::sys::files::{self, FileFacts};
use std::path::PathBuf;

/// The largest file, in bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// A folder of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontendFiles(PathBuf);

/// One of them.
#[derive(Debug)]
pub struct FrontendFile {
    /// What it is.
    pub media: &'static str,
    /// What is in it.
    pub content: Vec<u8>,
}

impl FrontendFiles {
    /// The files in `folder`, which need not exist yet.
    pub const fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The file at `path`, as a browser asks for it. Only plain paths lead to one.
    pub async fn read(&self, path: &str) -> Option<FrontendFile> {
        let (place, media) = (self.place(path)?, media(path)?);
        let content = tokio::task::spawn_blocking(move || files::read(&place, LARGEST)).await.ok()?.ok()?;
        Some(FrontendFile { media, content })
    }

    /// What tells one state of the file at `path` from another; `None` where there is no file.
    pub fn state(&self, path: &str) -> Option<String> {
        let facts = FileFacts::from_path(&self.place(path)?).ok()?;
        Some(format!("{:?}", facts.identity))
    }

    fn place(&self, path: &str) -> Option<PathBuf> {
        let parts = path.strip_prefix('/')?.split('/');
        let is_plain = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte))
        };
        let mut place = self.0.clone();
        for part in parts {
            if !is_plain(part) {
                return None;
            }
            place.push(part);
        }
        Some(place)
    }
}

/// What a file of this name is. Nothing that would be a page of its own: it would have the shell's origin without its rules.
fn media(path: &str) -> Option<&'static str> {
    let (_, end) = path.rsplit_once('.')?;
    Some(match end {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_paths_lead_into_the_folder() {
        let files = FrontendFiles::new(PathBuf::from("/p/dist"));
        assert_eq!(files.place("/main.js"), Some(PathBuf::from("/p/dist/main.js")));
        assert_eq!(files.place("/assets/a-1.css"), Some(PathBuf::from("/p/dist/assets/a-1.css")));
        for path in
            ["main.js", "/", "//main.js", "/../main.js", "/a/./b", "/.env", "/a%2fb", "/a\\b", "/a//b", ""]
        {
            assert_eq!(files.place(path), None, "{path}");
        }
        assert_eq!(media("/index.html"), None);
        assert_eq!(media("/main"), None);
    }
}

//! What was built from `plugins/host/ui`: a few files, which are part of this program, so that building it needs no Node.
//!
//! It must not know which of them a page wants.

/// A file.
pub(super) struct Asset {
    /// Its path, as a browser asks for it.
    path: &'static str,
    /// What it is.
    pub(super) media: &'static str,
    /// What is in it.
    pub(super) content: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const FONT: &str = "font/woff2";
const IMAGE: &str = "image/svg+xml";

macro_rules! assets {
    ($($path:literal $media:ident)*) => {
        [$(Asset { path: $path, media: $media, content: include_bytes!(concat!("../../ui/dist", $path)) }),*]
    };
}

/// All of them; a test compares them with the folder.
static ASSETS: [Asset; 12] = assets! {
    "/page.html" HTML
    "/static/icon.svg" IMAGE
    "/static/licenses.txt" TEXT
    "/static/plugin-runtime/react-dom.js" SCRIPT
    "/static/plugin-runtime/react-jsx-runtime.js" SCRIPT
    "/static/plugin-runtime/react.js" SCRIPT
    "/static/poppins-latin-500-normal.woff2" FONT
    "/static/roboto-latin-400-normal.woff2" FONT
    "/static/roboto-latin-500-normal.woff2" FONT
    "/static/shell.css" STYLE
    "/static/shell.js" SCRIPT
    "/static/watchdog.js" SCRIPT
};

/// The file of this path.
pub(super) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use everestctl::sys::files;
    use std::path::Path;

    fn paths(folder: &Path, before: &str, found: &mut Vec<String>) {
        for name in files::names_in(folder).unwrap() {
            let path = format!("{before}/{}", name.to_str().unwrap());
            let inside = folder.join(&name);
            if inside.is_dir() { paths(&inside, &path, found) } else { found.push(path) }
        }
    }

    #[test]
    fn the_table_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/dist");
        let mut found = Vec::new();
        paths(&folder, "", &mut found);
        found.sort();
        let expected: Vec<&str> = ASSETS.iter().map(|asset| asset.path).collect();
        assert_eq!(found, expected);
    }
}

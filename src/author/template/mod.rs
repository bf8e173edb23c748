//! New plugins from the templates in `templates/`, which are a part of this program: a request becomes the files of a project. Pure.
//!
//! * [`name`]: what a plugin can be called;
//! * [`project`]: which folders of `templates/` make a project, and how their files are filled in.
//!
//! It must not know where a project is written, or what a command to run it is.

pub mod name;
pub mod project;

/// What a plugin is started from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Template {
    /// A shell script.
    Shell,
    /// A Python script without dependencies.
    Python,
    /// A crate with the SDK.
    Rust,
    /// A shared library.
    C,
    /// A service with FastAPI.
    Fastapi,
    /// A service with Hono.
    Node,
    /// A service with axum.
    Axum,
    /// A service with Go's standard library.
    Go,
}

impl Template {
    /// All of them, the simplest first.
    pub const ALL: [Self; 8] =
        [Self::Shell, Self::Python, Self::Rust, Self::C, Self::Fastapi, Self::Node, Self::Axum, Self::Go];

    /// Its name, which is its folder's, too.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Python => "python",
            Self::Rust => "rust",
            Self::C => "c",
            Self::Fastapi => "fastapi",
            Self::Node => "node",
            Self::Axum => "axum",
            Self::Go => "go",
        }
    }

    /// The template of this name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.as_str() == word)
    }

    /// What it makes, in one line.
    pub const fn summary(self) -> &'static str {
        match self {
            Self::Shell => "a shell script",
            Self::Python => "a Python script, standard library only",
            Self::Rust => "an executable and a native library in Rust, with the SDK",
            Self::C => "a native library in C",
            Self::Fastapi => "a service in Python, with FastAPI",
            Self::Node => "a service in TypeScript, with Hono and zod",
            Self::Axum => "a service in Rust, with axum and utoipa",
            Self::Go => "a service in Go, standard library only",
        }
    }

    /// Whether it is a service that runs beside an OpenEverest server.
    pub const fn is_server(self) -> bool {
        matches!(self, Self::Fastapi | Self::Node | Self::Axum | Self::Go)
    }

    /// Whether it needs the SDK for Rust, which is not published yet.
    pub const fn needs_sdk(self) -> bool {
        matches!(self, Self::Rust)
    }
}

/// Under which license a plugin starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum License {
    /// Apache License 2.0.
    Apache,
    /// MIT License.
    Mit,
    /// Nothing is said.
    None,
}

impl License {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Apache, Self::Mit, Self::None];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Apache => "apache-2.0",
            Self::Mit => "mit",
            Self::None => "none",
        }
    }

    /// The license of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|license| license.as_str() == word)
    }

    /// Its SPDX expression; empty without a license.
    const fn spdx(self) -> &'static str {
        match self {
            Self::Apache => "Apache-2.0",
            Self::Mit => "MIT",
            Self::None => "",
        }
    }
}

/// Where a plugin is tested and published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pipeline {
    /// A workflow for GitHub.
    Github,
    /// A pipeline for GitLab.
    Gitlab,
    /// Nowhere.
    None,
}

impl Pipeline {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Github, Self::Gitlab, Self::None];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::None => "none",
        }
    }

    /// The pipeline of this word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pipeline| pipeline.as_str() == word)
    }
}

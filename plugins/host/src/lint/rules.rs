//! What is wrong with a bundle, and what to change.
//!
//! It must not know where the bundle comes from.

use super::imports::module;
use super::tokens::{Token, tokens};
use everestctl::model::CleanText;
use std::collections::BTreeSet;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The bundle is not shown, or fails.
    Error,
    /// It works, and costs more than it has to, or may fail.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub text: CleanText,
    /// What to change.
    pub change: &'static str,
}

/// What a page provides.
const PROVIDED: [&str; 3] = ["react", "react-dom", "react/jsx-runtime"];
/// From this size on a bundle is worth a look, in bytes.
const LARGE: usize = 2_000_000;

/// What marks a copy of something that there should be once, what it is, and what to change.
const ONCE: [(&str, &str, &str); 2] = [
    (
        "mui.com/production-error/?code=",
        "MUI",
        "in the Vite config: `resolve: { dedupe: ['@mui/material', '@mui/system', '@mui/utils'] }`",
    ),
    (
        "style[data-emotion]",
        "Emotion",
        "in the Vite config: `resolve: { dedupe: ['@emotion/react', '@emotion/cache'] }`",
    ),
];
/// The name of what only React itself sets.
const INTERNALS: [&str; 2] = [
    "__SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED",
    "__CLIENT_INTERNALS_DO_NOT_USE_OR_WARN_USERS_THEY_CANNOT_UPGRADE",
];
/// What leaves React to the page.
const EXTERNAL: &str = "in the Vite config: `build: { rolldownOptions: { external: ['react', 'react-dom', 'react/jsx-runtime'] } }`";
const PRODUCTION: &str = "in the Vite config: `define: { 'process.env.NODE_ENV': '\"production\"' }`";

/// What is wrong with the bundle `source`: the worst first, else in the order of the rules.
pub fn findings(source: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut add = |severity, text: &str, change| {
        found.push(Finding { severity, text: CleanText::new(text), change });
    };
    let tokens = tokens(source);
    let module = module(&tokens);
    if !module.has_entry {
        let text = if tokens.is_empty() {
            "the bundle is empty"
        } else {
            "the bundle exports neither `default` nor `register`"
        };
        add(Severity::Error, text, "export a function: `export default function register(api) { … }`");
    }
    for name in module.imports.iter().copied().collect::<BTreeSet<_>>() {
        if let Some((severity, text, change)) = import_fault(name) {
            add(severity, &text, change);
        }
    }
    for pair in tokens.windows(2) {
        if let [Token::Word("eval"), Token::Sign('(')] = pair {
            add(
                Severity::Error,
                "`eval` is called: the page's policy (CSP) blocks it",
                "remove it, or the dependency that calls it",
            );
            break;
        }
    }
    let is_constructed =
        |three: &[Token<'_>]| three == [Token::Word("new"), Token::Word("Function"), Token::Sign('(')];
    if tokens.windows(3).any(is_constructed) {
        add(
            Severity::Error,
            "`new Function` is called: the page's policy (CSP) blocks it",
            "remove it, or the dependency that calls it",
        );
    }
    for name in required(&tokens) {
        add(
            Severity::Error,
            &format!("`require(\"{name}\")` is called, which browsers do not have"),
            EXTERNAL,
        );
    }
    for address in addresses(&tokens) {
        let text = format!("requests go to `{address}`: the page's policy (CSP) allows its own origin only");
        add(
            Severity::Error,
            &text,
            "let the plugin's backend send the request, and call it with `api.fetch`",
        );
    }
    if reads_environment(&tokens) {
        add(Severity::Error, "`process.env.NODE_ENV` is read, which browsers do not have", PRODUCTION);
    }
    if tokens.iter().any(|token| matches!(token, Token::Word("jsxDEV"))) {
        add(
            Severity::Warning,
            "it is a development build",
            "build with `NODE_ENV=production`, and without `--mode development`",
        );
    }
    let sets_internals = |two: &[Token<'_>]| matches!(two, [Token::Word(name), Token::Sign('=' | ':')] if INTERNALS.contains(name));
    if tokens.windows(2).any(sets_internals) {
        add(
            Severity::Warning,
            "it contains a React of its own: hooks and contexts of the page do not work with it",
            EXTERNAL,
        );
    }
    for (mark, what, change) in ONCE {
        let copies = source.matches(mark).count();
        if copies > 1 {
            add(Severity::Warning, &format!("it contains {copies} copies of {what}"), change);
        }
    }
    if source.len() > LARGE {
        let text = format!("it has {:.1} MB, and every page loads it", megabytes(source.len()));
        add(Severity::Warning, &text, "look for what is large, for example with `rollup-plugin-visualizer`");
    }
    found.sort_by_key(|finding| finding.severity);
    found
}

#[expect(clippy::cast_precision_loss, reason = "for one digit after the point")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn import_fault(name: &str) -> Option<(Severity, String, &'static str)> {
    if PROVIDED.contains(&name) {
        return None;
    }
    if name == "react/jsx-dev-runtime" {
        let text = "`react/jsx-dev-runtime` is imported: it is a development build".to_owned();
        return Some((Severity::Error, text, PRODUCTION));
    }
    if name.starts_with("http:") || name.starts_with("https:") || name.starts_with("//") {
        let text = format!("`{name}` is imported: the page's policy (CSP) blocks other origins");
        return Some((Severity::Error, text, "install it from npm and let Vite bundle it"));
    }
    if name.starts_with('.') || name.starts_with('/') {
        let text = format!("`{name}` is imported: the bundle is not one file");
        return Some((
            Severity::Warning,
            text,
            "in the Vite config: `build: { rolldownOptions: { output: { codeSplitting: false } } }`",
        ));
    }
    let text = format!("`{name}` is imported, which the page does not provide");
    Some((Severity::Error, text, "let Vite bundle it: remove it from `external`"))
}

/// The modules that are required by name.
fn required<'s>(tokens: &[Token<'s>]) -> BTreeSet<&'s str> {
    let call = |three: &[Token<'s>]| match three {
        [Token::Word("require" | "__require"), Token::Sign('('), Token::Text(name)] => Some(*name),
        _ => None,
    };
    tokens.windows(3).filter_map(call).collect()
}

/// The addresses elsewhere that are asked as they stand there.
fn addresses<'s>(tokens: &[Token<'s>]) -> BTreeSet<&'s str> {
    let call = |three: &[Token<'s>]| match three {
        [
            Token::Word("fetch" | "WebSocket" | "EventSource" | "sendBeacon"),
            Token::Sign('('),
            Token::Text(address),
        ] => {
            let is_elsewhere =
                ["http:", "https:", "ws:", "wss:", "//"].iter().any(|start| address.starts_with(start));
            is_elsewhere.then_some(*address)
        }
        _ => None,
    };
    tokens.windows(3).filter_map(call).collect()
}

fn reads_environment(tokens: &[Token<'_>]) -> bool {
    let path = [
        Token::Word("process"),
        Token::Sign('.'),
        Token::Word("env"),
        Token::Sign('.'),
        Token::Word("NODE_ENV"),
    ];
    tokens.windows(path.len()).any(|five| five == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<String> {
        findings(source).into_iter().map(|finding| finding.text.to_string()).collect()
    }

    #[test]
    fn a_good_bundle_has_nothing_wrong() {
        let good = "import{jsx}from'react/jsx-runtime';import{createPortal}from'react-dom';\
            export default api=>{api.React.__SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED.x;fetch(`/v1/x`);\
            console.log('eval(1) https://react.dev/errors/')};";
        assert_eq!(texts(good), Vec::<String>::new());
    }

    #[test]
    fn each_rule_finds_what_it_is_for() {
        for (source, expected) in [
            ("", "the bundle is empty"),
            ("export const x = 1", "the bundle exports neither `default` nor `register`"),
            (
                "import x from 'lodash';export default x",
                "`lodash` is imported, which the page does not provide",
            ),
            (
                "import {createRoot} from 'react-dom/client';export default 1",
                "`react-dom/client` is imported, which the page does not provide",
            ),
            (
                "import 'react/jsx-dev-runtime';export default 1",
                "`react/jsx-dev-runtime` is imported: it is a development build",
            ),
            (
                "import 'https://esm.sh/x';export default 1",
                "`https://esm.sh/x` is imported: the page's policy (CSP) blocks other origins",
            ),
            ("import './chunk.js';export default 1", "`./chunk.js` is imported: the bundle is not one file"),
            ("export default () => eval('1')", "`eval` is called: the page's policy (CSP) blocks it"),
            (
                "export default () => new Function('1')",
                "`new Function` is called: the page's policy (CSP) blocks it",
            ),
            (
                "export default __require('react')",
                "`require(\"react\")` is called, which browsers do not have",
            ),
            (
                "export default () => fetch('https://x.example/a')",
                "requests go to `https://x.example/a`: the page's policy (CSP) allows its own origin only",
            ),
            (
                "export default process.env.NODE_ENV",
                "`process.env.NODE_ENV` is read, which browsers do not have",
            ),
            ("export default jsxDEV", "it is a development build"),
            (
                "e.__SECRET_INTERNALS_DO_NOT_USE_OR_YOU_WILL_BE_FIRED=1;export default 1",
                "it contains a React of its own: hooks and contexts of the page do not work with it",
            ),
            (
                "a='style[data-emotion]';b='style[data-emotion]';export default 1",
                "it contains 2 copies of Emotion",
            ),
        ] {
            assert_eq!(texts(source), [expected], "{source}");
        }
        let large = format!("export default '{}'", "x".repeat(2_100_000));
        assert_eq!(texts(&large), ["it has 2.1 MB, and every page loads it"]);
    }
}

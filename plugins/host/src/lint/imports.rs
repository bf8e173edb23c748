//! What a script imports and exports.
//!
//! It must not know what is allowed.

use super::tokens::Token;

/// What it imports, in the order of the script, and whether it has a function to be called.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Module<'s> {
    pub(super) imports: Vec<&'s str>,
    pub(super) has_entry: bool,
}

/// Reads `tokens`.
pub(super) fn module<'s>(tokens: &[Token<'s>]) -> Module<'s> {
    let mut module = Module::default();
    let mut before = None;
    for (position, token) in tokens.iter().enumerate() {
        let behind = &tokens[position + 1..];
        // `x.import` and `{import: 1}` are names.
        let is_name = before == Some(Token::Sign('.')) || behind.first() == Some(&Token::Sign(':'));
        match token {
            Token::Word("import") if !is_name => module.imports.extend(imported(behind)),
            Token::Word("export") if !is_name => {
                module.has_entry |= is_entry(behind);
                let clause = behind.iter().take_while(|token| !is_end(token));
                let is_from_elsewhere = matches!(behind.first(), Some(Token::Sign('{' | '*')));
                if is_from_elsewhere {
                    module.imports.extend(source_of(clause.copied()));
                }
            }
            _ => {}
        }
        before = Some(*token);
    }
    module
}

/// What follows `import`: a text, a call with a text, or a clause with `from`.
fn imported<'s>(behind: &[Token<'s>]) -> Option<&'s str> {
    match behind {
        [Token::Text(text), ..] | [Token::Sign('('), Token::Text(text), Token::Sign(')' | ','), ..] => {
            Some(text)
        }
        [Token::Sign('(' | '.'), ..] => None,
        _ => source_of(behind.iter().take_while(|token| !is_end(token)).copied()),
    }
}

/// The text behind `from`.
fn source_of<'s>(clause: impl Iterator<Item = Token<'s>>) -> Option<&'s str> {
    let mut before = None;
    for token in clause {
        if let (Some(Token::Word("from")), Token::Text(text)) = (before, token) {
            return Some(text);
        }
        before = Some(token);
    }
    None
}

fn is_end(token: &Token<'_>) -> bool {
    matches!(token, Token::Sign(';' | '=' | '(') | Token::Word("import" | "export"))
}

/// Whether what follows `export` is the default or is called `register`.
fn is_entry(behind: &[Token<'_>]) -> bool {
    match behind {
        [Token::Word("default"), ..] => true,
        [Token::Word("async"), Token::Word("function"), Token::Word(name), ..]
        | [Token::Word("function" | "const" | "let" | "var"), Token::Word(name), ..] => *name == "register",
        [Token::Sign('{'), rest @ ..] => {
            let names = rest.iter().take_while(|token| **token != Token::Sign('}'));
            let names: Vec<_> = names.collect();
            // Of `a as b` the second one counts.
            names.iter().enumerate().any(|(position, token)| {
                let is_wanted = matches!(
                    token,
                    Token::Word("default" | "register") | Token::Text("default" | "register")
                );
                let is_renamed = matches!(names.get(position + 1), Some(Token::Word("as")));
                is_wanted && !is_renamed
            })
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    #[test]
    fn every_form_of_import_and_export() {
        for (source, imports, has_entry) in [
            ("import React from 'react'; export default f;", vec!["react"], true),
            (
                "import{jsx as j}from\"react/jsx-runtime\";import*as a from'x';import'y'",
                vec!["react/jsx-runtime", "x", "y"],
                false,
            ),
            ("const a = await import('./b.js'); import.meta.url; import(name)", vec!["./b.js"], false),
            ("export { a } from 'z'; export * from 'w'", vec!["z", "w"], false),
            ("export{a as default}", vec![], true),
            ("export{register as other}", vec![], false),
            ("export{x,register}", vec![], true),
            ("export function register(api) {}", vec![], true),
            ("export const register = () => {}", vec![], true),
            ("export const start = () => {}", vec![], false),
            ("x.import('a'); y = {export: 1, import: 'b'}; // import 'c'", vec![], false),
        ] {
            assert_eq!(module(&tokens(source)), Module { imports, has_entry }, "{source}");
        }
    }
}

//! Drafts → arguments: their names, how they are typed, what they may be.
//!
//! * A path parameter is positional, everything else is a flag; `x-cli-positional` says otherwise.
//! * What means the namespace or the cluster is filled by the global flag ([`super::filled`]).
//! * `const` is sent and not typed, unless it would be a file: which one it is, only the user says.
//!
//! It must not know where drafts come from.

use super::argument_draft::ArgumentDraft;
use super::argument_names::{ArgumentNames, RESERVED_LETTERS};
use super::prose;
use super::reference::DocumentReader;
use crate::model::CleanText;
use crate::openapi::secrecy::is_secret_name;
use crate::openapi::variable::can_be_named;
use crate::openapi::{
    Argument, ArgumentForm, ArgumentPlace, FileFlag, FilledFlag, Repeat, ValueKind, limits,
};
use everestctl_rows::case::kebab;
use serde_json::{Map, Value};

/// An argument with what is decided once all others are known.
pub(super) struct BuiltArgument<'a> {
    pub(super) argument: Argument,
    /// `x-cli-complete`, which names another operation.
    pub(super) complete: Option<&'a Map<String, Value>>,
    aliases: Vec<&'a str>,
    short: Option<&'a str>,
    /// `x-cli-file`: the name and the letter of a flag.
    file: Option<(&'a str, Option<&'a str>)>,
}

/// What is known of a draft before it has a name.
struct Decided {
    kind: ValueKind,
    repeat: Repeat,
    filled: Option<FilledFlag>,
    /// Counted from 1.
    number: usize,
    /// `x-cli-paginate` says that it is how many rows a page has.
    is_page_size: bool,
}

impl<'a> DocumentReader<'a> {
    /// Makes arguments of `drafts`: positional ones in the order in which they are typed, then flags, then what
    /// nobody types. `page_size`: the parameter that says how long a page is.
    pub(super) fn arguments(
        &self,
        drafts: Vec<ArgumentDraft<'a>>,
        names: &mut ArgumentNames,
        page_size: Option<&str>,
    ) -> Vec<BuiltArgument<'a>> {
        let kind = |draft: &ArgumentDraft<'a>| {
            let kind = self.whole_or_surface("some flags take any value", || self.kind(&draft.shape));
            draft.in_its_place(kind.unwrap_or((ValueKind::Any, Repeat::Once)))
        };
        let kinds: Vec<_> = drafts.iter().map(kind).collect();
        let filled = self.filled(&drafts, &kinds);
        let mut made = Vec::new();
        for (number, ((draft, (kind, repeat)), filled)) in
            drafts.into_iter().zip(kinds).zip(filled).enumerate()
        {
            if number == limits::ARGUMENTS {
                self.remark(format!("only its first {} arguments are flags", limits::ARGUMENTS));
                break;
            }
            let is_page_size =
                page_size == Some(draft.wire) && matches!(draft.place, ArgumentPlace::Query { .. });
            let decided = Decided { kind, repeat, filled, number: number + 1, is_page_size };
            made.extend(self.argument(&draft, decided, names));
        }
        self.letters_and_aliases(&mut made, names);
        self.order(&mut made);
        made
    }

    fn argument(
        &self,
        draft: &ArgumentDraft<'a>,
        decided: Decided,
        names: &mut ArgumentNames,
    ) -> Option<BuiltArgument<'a>> {
        let Decided { kind, repeat, filled, number, is_page_size } = decided;
        let keys = draft.keys(self);
        let given = keys.text("x-cli-name");
        let wanted = match given {
            Some(name) => name,
            // `--limit` is how many rows the user wants, whatever a page holds.
            None if is_page_size && names.is_reserved(&kebab(draft.wire)) => "page-size",
            None => &draft.wanted,
        };
        let place_word = match draft.place {
            ArgumentPlace::Path(_) => "path",
            ArgumentPlace::Query { .. } => "query",
            ArgumentPlace::Header(_) => "header",
            ArgumentPlace::Cookie(_) => "cookie",
            ArgumentPlace::Body(_) | ArgumentPlace::Field(_) => "body",
            ArgumentPlace::Row(_) => "row",
        };
        let name = names.claim(wanted, place_word, number)?;
        if given.is_some_and(|given| kebab(given) != name.as_str() && filled.is_none()) {
            self.remark(format!("`{}` is not a valid name here; using `{name}`", CleanText::new(wanted)));
        }
        let in_path = matches!(draft.place, ArgumentPlace::Path(_));
        let positional = keys.flag("x-cli-positional").unwrap_or(in_path);
        let is_file = kind == ValueKind::File;
        let chosen = draft.shape.default.filter(|default| !default.is_null());
        if is_file && (draft.shape.constant.is_some() || chosen.is_some() || draft.shape.choices.is_some()) {
            self.remark(format!(
                "`{name}` is a file, which only the user can choose: values in the document are not used"
            ));
        }
        let constant = draft.shape.constant.filter(|_| !is_file);
        let form = match (constant, filled) {
            _ if draft.fixed.is_some() => ArgumentForm::Constant(Value::from(draft.fixed.clone())),
            (Some(constant), _) => ArgumentForm::Constant(constant.clone()),
            (None, Some(context)) => ArgumentForm::Filled(context),
            (None, None) if positional => ArgumentForm::Positional,
            (None, None) => ArgumentForm::Flag,
        };
        let described = keys.text("x-cli-description").or(draft.description);
        let nested = matches!(kind, ValueKind::Json | ValueKind::JsonList) || draft.shape.is_object();
        let example = draft.example.filter(|_| !nested).and_then(shown);
        let kind_is_content = kind == ValueKind::Content;
        let argument = Argument {
            aliases: Vec::new(),
            short: None,
            form,
            kind,
            repeat,
            required: draft.required,
            within: draft.within,
            nullable: draft.shape.nullable,
            hidden: keys.flag("x-cli-hidden").unwrap_or(draft.hidden),
            deprecated: draft.deprecated,
            secret: draft.shape.format == Some("password"),
            private: draft.write_only
                || draft.shape.write_only
                || is_secret_name(draft.wire)
                || is_secret_name(name.as_str()),
            default: chosen.filter(|_| !is_file).cloned(),
            help: described.and_then(|text| CleanText::non_empty(&prose::line(text))),
            example,
            pattern: draft.shape.pattern.and_then(CleanText::non_empty),
            environment: keys.text("x-cli-env").filter(|_| !is_file).and_then(|name| self.environment(name)),
            complete: None,
            file: None,
            stdin: keys.flag("x-cli-stdin").unwrap_or(false) && kind_is_content,
            name,
            place: draft.place.clone(),
            encoding: draft.encoding,
            reserved: draft.reserved,
            content_type: draft.content_type.and_then(CleanText::non_empty),
        };
        let complete = keys.within("x-cli-complete").and_then(|keys| keys.layers.first().copied());
        Some(BuiltArgument {
            argument,
            complete,
            aliases: keys.texts("x-cli-aliases"),
            short: keys.text("x-cli-short"),
            file: if kind_is_content {
                keys.within("x-cli-file").and_then(|keys| Some((keys.text("name")?, keys.text("short"))))
            } else {
                None
            },
        })
    }

    /// A document must not read what it likes from the user's environment and send it away. Whether the variable is
    /// its plugin's own is known when the plugin is.
    fn environment(&self, name: &str) -> Option<CleanText> {
        if !can_be_named(name) {
            self.remark(format!(
                "`x-cli-env` names `{}`: only `EVEREST_<PLUGIN>_…` is allowed, and no variable of a session",
                CleanText::new(name)
            ));
            return None;
        }
        Some(CleanText::new(name))
    }

    /// Further names, once every argument has its own.
    fn letters_and_aliases(&self, made: &mut [BuiltArgument<'a>], names: &mut ArgumentNames) {
        let mut letters = String::from(RESERVED_LETTERS);
        for BuiltArgument { argument, aliases, short, .. } in
            made.iter_mut().filter(|made| made.argument.form == ArgumentForm::Flag)
        {
            for alias in std::mem::take(aliases) {
                match names.take(&kebab(alias)) {
                    Some(alias) => argument.aliases.push(alias),
                    None => self.remark(format!("alias `{}` is not available", CleanText::new(alias))),
                }
            }
            if let Some(short) = short {
                let mut characters = short.chars();
                let letter = characters.next().filter(|letter| {
                    letter.is_ascii_alphabetic() && !letters.contains(*letter) && characters.next().is_none()
                });
                match letter {
                    Some(letter) => {
                        letters.push(letter);
                        argument.short = Some(letter);
                    }
                    None => self.remark(format!("letter `{}` is not available", CleanText::new(short))),
                }
            }
        }
        for BuiltArgument { argument, file, .. } in made.iter_mut() {
            let Some((name, short)) = file.take() else { continue };
            let Some(name) = names.take(&kebab(name)) else {
                self.remark(format!("flag `{}` is not available", CleanText::new(name)));
                continue;
            };
            let letter = short
                .and_then(|short| short.parse().ok())
                .filter(|letter: &char| letter.is_ascii_alphabetic() && !letters.contains(*letter));
            letters.extend(letter);
            argument.file = Some(FileFlag { name, short: letter });
        }
        let follow = made.iter_mut().map(|made| &mut made.argument).find(|argument| {
            argument.name.as_str() == "follow" && argument.is_switch() && argument.short.is_none()
        });
        if let Some(follow) = follow.filter(|_| !letters.contains('f')) {
            follow.short = Some('f');
        }
    }

    /// Positional arguments first, those that must be given before the others; of them only the last can repeat.
    fn order(&self, made: &mut [BuiltArgument<'a>]) {
        made.sort_by_key(|made| match made.argument.form {
            ArgumentForm::Positional => u8::from(!made.argument.is_required()),
            ArgumentForm::Flag => 2,
            ArgumentForm::Filled(_) | ArgumentForm::Constant(_) => 3,
        });
        let positional = made.iter().filter(|made| made.argument.form == ArgumentForm::Positional).count();
        for (at, BuiltArgument { argument, .. }) in made.iter_mut().take(positional).enumerate() {
            if argument.repeat != Repeat::Once && at + 1 < positional {
                self.remark(format!(
                    "`{}` is repeatable but not the last argument; using a flag",
                    argument.name
                ));
                argument.form = ArgumentForm::Flag;
            }
        }
    }
}

/// A plain value in one line.
fn shown(value: &Value) -> Option<CleanText> {
    match value {
        Value::String(text) => CleanText::non_empty(text),
        Value::Number(_) | Value::Bool(_) => Some(CleanText::new(&value.to_string())),
        _ => None,
    }
}

//! One argument of a command: how it is typed, what it may be, where it goes.

use super::Pointer;
use super::descriptor::is_default;
use super::words::{ArgumentName, Words};
use crate::model::CleanText;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// One argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name, which no other argument of the command has.
    pub name: ArgumentName,
    /// Other names for the flag.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub aliases: Vec<ArgumentName>,
    /// A letter for the flag.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub short: Option<char>,
    /// How its value is given.
    #[serde(skip_serializing_if = "is_default", default)]
    pub form: ArgumentForm,
    /// Where its value goes.
    pub place: ArgumentPlace,
    /// How a value that is not plain stands there, unless the place says so itself.
    #[serde(skip_serializing_if = "is_default", default)]
    pub encoding: Encoding,
    /// Reserved characters stand in it as they are, where they can have no other meaning (`allowReserved`).
    #[serde(skip_serializing_if = "is_default", default)]
    pub reserved: bool,
    /// The content type of its part of a form.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content_type: Option<CleanText>,
    /// What its value may be.
    #[serde(skip_serializing_if = "is_default", default)]
    pub kind: ValueKind,
    /// Whether it can be given several times.
    #[serde(skip_serializing_if = "is_default", default)]
    pub repeat: Repeat,
    /// What it is in needs it; see [`Argument::is_required`].
    #[serde(skip_serializing_if = "is_default", default)]
    pub required: bool,
    /// For a property: so many steps of its place lead to the innermost object that may be left out, and the
    /// property is needed only when that object is there. 0: there is none.
    #[serde(skip_serializing_if = "is_default", default)]
    pub within: usize,
    /// `null` is a value too.
    #[serde(skip_serializing_if = "is_default", default)]
    pub nullable: bool,
    /// It works and is not shown.
    #[serde(skip_serializing_if = "is_default", default)]
    pub hidden: bool,
    /// The document advises against it.
    #[serde(skip_serializing_if = "is_default", default)]
    pub deprecated: bool,
    /// It is never shown, and a terminal asks for it without echo.
    #[serde(skip_serializing_if = "is_default", default)]
    pub secret: bool,
    /// A secret, which is never shown: by its name, or because the document says `writeOnly`.
    #[serde(skip_serializing_if = "is_default", default)]
    pub private: bool,
    /// What the server takes when it is not given. It is sent only when the argument is required.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<Value>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub help: Option<CleanText>,
    /// A value that could be given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub example: Option<CleanText>,
    /// The pattern that the server will hold it against; only shown.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pattern: Option<CleanText>,
    /// The environment variable that it may come from.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub environment: Option<CleanText>,
    /// Where TAB finds values.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub complete: Option<Complete>,
    /// The flag that names a file with the value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<FileFlag>,
    /// The value is on standard input when nothing else gives it.
    #[serde(skip_serializing_if = "is_default", default)]
    pub stdin: bool,
}

/// A flag that names a file with the value of an argument (`x-cli-file`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFlag {
    /// Its name.
    pub name: ArgumentName,
    /// Its letter.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub short: Option<char>,
}

impl Argument {
    /// As a user would type it, or as help names it: `--range`, `<POD>`, `--namespace`.
    pub fn shown(&self) -> String {
        match &self.form {
            ArgumentForm::Positional => self.value_name(),
            ArgumentForm::Filled(FilledFlag::Namespace) => "--namespace".to_owned(),
            ArgumentForm::Filled(FilledFlag::Cluster) => "--cluster".to_owned(),
            ArgumentForm::Flag | ArgumentForm::Constant(_) => format!("--{}", self.name),
        }
    }

    /// The name of a positional argument in help.
    pub fn value_name(&self) -> String {
        format!("<{}>", self.name.as_str().to_uppercase())
    }

    /// Whether the command cannot do without it.
    pub fn is_required(&self) -> bool {
        self.required && self.within == 0 && self.default.is_none()
    }

    /// Whether it is a flag that needs no value.
    pub fn is_switch(&self) -> bool {
        self.form == ArgumentForm::Flag && self.kind == ValueKind::Boolean && self.repeat == Repeat::Once
    }

    /// Whether what is given for it is never shown.
    pub fn is_private(&self) -> bool {
        self.secret || self.private
    }

    /// Whether `@file` and `-` stand for what is in a file and on stdin.
    pub fn takes_file(&self) -> bool {
        matches!(
            self.kind,
            ValueKind::Json
                | ValueKind::JsonList
                | ValueKind::Content
                | ValueKind::Base64
                | ValueKind::Base64Url
                | ValueKind::File
        )
    }

    /// Whether each of its values is a text, whatever it looks like.
    pub(super) fn is_text(&self) -> bool {
        matches!(
            self.kind,
            ValueKind::Text
                | ValueKind::Length { .. }
                | ValueKind::Content
                | ValueKind::Base64
                | ValueKind::Base64Url
                | ValueKind::File
        )
    }

    /// Whether the word `null` is null for it.
    pub fn takes_word_null(&self) -> bool {
        self.nullable && !self.is_text() && self.repeat == Repeat::Once
    }

    /// Whether the user types it by its place.
    pub fn is_positional(&self) -> bool {
        self.form == ArgumentForm::Positional
    }

    /// Whether the user types it.
    pub fn is_typed(&self) -> bool {
        matches!(self.form, ArgumentForm::Flag | ArgumentForm::Positional)
    }
}

/// How a value is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArgumentForm {
    /// `--name value`.
    #[default]
    Flag,
    /// By its position.
    Positional,
    /// By a global flag or what it falls back to.
    Filled(FilledFlag),
    /// A constant, never typed.
    Constant(Value),
}

/// What the global flags know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilledFlag {
    /// `-n/--namespace`.
    Namespace,
    /// `--cluster`.
    Cluster,
}

/// Where a value goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArgumentPlace {
    /// Into the route, in place of `{name}`.
    Path(String),
    /// Into the query.
    Query {
        /// The name on the wire; empty where the value is the whole query.
        name: String,
        /// How several values are written.
        #[serde(skip_serializing_if = "is_default", default)]
        style: Style,
    },
    /// Into a header.
    Header(String),
    /// Into a cookie of this request.
    Cookie(String),
    /// Into the JSON body, to this place.
    Body(Pointer),
    /// Into this field of a form.
    Field(String),
    /// Nowhere: it chooses the one row of the answer whose field has this value (`x-cli-select`).
    Row(Pointer),
}

/// How lists and objects stand in a path, a header, a cookie or the field of a form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// In a path and a header `1,2` and `k,v`; in a form a field for each of a list, and an object as JSON.
    #[default]
    Usual,
    /// In a path and a header: `k=v`.
    Pairs,
    /// In a path `.1,2`; several of them, `.1.2` and `.k=v`.
    Label {
        /// Each by itself.
        explode: bool,
    },
    /// In a path `;p=1,2`; several of them, `;p=1;p=2` and `;k=v`.
    Matrix {
        /// Each by itself.
        explode: bool,
    },
    /// As in a query; [`Style::Json`] everywhere.
    Styled(Style),
}

/// How several values, or those of a map, are written in a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Style {
    /// `a=1&a=2`; a map is `k=v`.
    #[default]
    Repeated,
    /// `a=1,2`; a map is `a=k,v`.
    Commas,
    /// `a=1%202`.
    Spaces,
    /// `a=1|2`.
    Pipes,
    /// `a=1%092` (Swagger 2.0).
    Tabs,
    /// `a[k]=v`.
    Deep,
    /// One value, in JSON.
    Json,
}

/// What one value may be.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// Any text.
    #[default]
    Text,
    /// Text of a certain length.
    Length {
        /// The least number of characters.
        #[serde(skip_serializing_if = "is_default", default)]
        least: u64,
        /// The greatest.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        most: Option<u64>,
    },
    /// A whole number.
    Integer(Range),
    /// A number.
    Number(Range),
    /// `true` or `false`.
    Boolean,
    /// One of these: texts, numbers, booleans.
    Choice(Vec<Value>),
    /// A moment; `24h` is that long ago.
    DateTime,
    /// A day; `7d` is that long ago.
    Date,
    /// JSON.
    Json,
    /// JSON that is a list.
    JsonList,
    /// JSON if it is a number, a boolean, null, a list or an object, else text.
    Any,
    /// Text that may be long: `@file` and `-` stand for it.
    Content,
    /// Bytes in base64: as typed, or what `@file` and `-` stand for.
    Base64,
    /// The same in the alphabet for addresses, without padding (RFC 4648, 5).
    Base64Url,
    /// An object, by `key=value` or in JSON, or what is none.
    Union {
        /// What is none.
        plain: Box<ValueKind>,
        /// What the members of the object are, where they have no names.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        member: Option<Box<ValueKind>>,
    },
    /// The content of a file, which only the user names; in a field of a form that takes files.
    File,
}

/// The bounds of a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The least.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub least: Option<Number>,
    /// The greatest.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub most: Option<Number>,
    /// The least itself is too little.
    #[serde(skip_serializing_if = "is_default", default)]
    pub above: bool,
    /// The greatest itself is too much.
    #[serde(skip_serializing_if = "is_default", default)]
    pub below: bool,
}

/// Whether an argument can be given several times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repeat {
    /// Once.
    #[default]
    Once,
    /// Each is an element of a list.
    List,
    /// Once is one value, several times is a list.
    Either,
    /// Each is `key=value`.
    Map,
}

/// Where TAB finds values (`x-cli-complete`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complete {
    /// The command to ask; a GET.
    pub command: Words,
    /// Where its answer has the values: `*` is every member.
    pub values: Pointer,
    /// Where else it has them, in other spellings: each counts when nothing before starts with what is typed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub spellings: Vec<Pointer>,
    /// Where it has what they are.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub describe: Option<Pointer>,
    /// Arguments of this command that are passed on to that one, by the names that both have.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub with: Vec<ArgumentName>,
}

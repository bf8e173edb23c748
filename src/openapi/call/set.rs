//! `--set a.b[0].c=1`: an assignment into a JSON body. `\.` is a dot in a name, `[]` is after the last element.
//!
//! It must not know what the body means.

use super::UsageError;
use super::argument_value::guessed;
use crate::model::harmless;
use crate::openapi::{ExactJson, limits};

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathStep {
    Name(String),
    Index(usize),
    Append,
}

/// An assignment: its path, and the text after `=`.
#[derive(Debug)]
pub(super) struct Assignment<'g> {
    pub(super) steps: Vec<PathStep>,
    pub(super) value: &'g str,
    path: &'g str,
}

impl<'g> Assignment<'g> {
    pub(super) fn new(given: &'g str) -> Result<Self, UsageError> {
        let error = |why: &str| UsageError::Set { given: shown(given), why: why.to_owned() };
        let (path, value) = given.split_once('=').ok_or_else(|| error("missing `=`"))?;
        let steps = steps(path).map_err(error)?;
        Ok(Self { steps, value, path })
    }

    /// Puts `value` into `body`.
    pub(super) fn put(&self, body: &mut ExactJson, value: ExactJson) -> Result<(), UsageError> {
        put(body, &self.steps, value).map_err(|why| self.error(why))
    }

    /// What comes after `=`, when nothing is known of the place.
    pub(super) fn guessed(&self) -> ExactJson {
        guessed(self.value)
    }

    /// Whether it is at `place`, where `*` is any name and any element.
    pub(super) fn is_at(&self, place: &[String]) -> bool {
        let is_step = |(step, wanted): (&PathStep, &String)| {
            wanted == "*" || matches!(step, PathStep::Name(name) if name == wanted)
        };
        self.steps.len() == place.len() && self.steps.iter().zip(place).all(is_step)
    }

    fn error(&self, why: &str) -> UsageError {
        UsageError::Set { given: shown(self.path), why: why.to_owned() }
    }
}

/// The path of an assignment; what is after `=` may be a secret.
fn shown(given: &str) -> String {
    harmless(given.split('=').next().unwrap_or_default())
}

fn steps(path: &str) -> Result<Vec<PathStep>, &'static str> {
    let mut steps = Vec::new();
    let mut name = String::new();
    let mut characters = path.chars().peekable();
    let mut after_index = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => name.push(characters.next().ok_or("it ends in `\\`")?),
            '.' | '[' => {
                if name.is_empty() && !after_index && (character == '.' || !steps.is_empty()) {
                    return Err("a name in it is empty");
                }
                if !name.is_empty() {
                    steps.push(PathStep::Name(std::mem::take(&mut name)));
                }
                after_index = false;
                if character == '[' {
                    steps.push(index(&mut characters)?);
                    after_index = true;
                }
            }
            _ if after_index => return Err("expected `.` or `[` after `]`"),
            _ => name.push(character),
        }
        if steps.len() > limits::DEPTH {
            return Err("it is nested too deeply");
        }
    }
    match (name.is_empty(), after_index) {
        (false, _) => steps.push(PathStep::Name(name)),
        (true, true) => {}
        (true, false) => return Err("a name in it is empty"),
    }
    Ok(steps)
}

fn index(characters: &mut impl Iterator<Item = char>) -> Result<PathStep, &'static str> {
    let mut digits = String::new();
    loop {
        match characters.next() {
            Some(']') if digits.is_empty() => return Ok(PathStep::Append),
            Some(']') => break,
            Some(digit) if digit.is_ascii_digit() => digits.push(digit),
            _ => return Err("expected a number or nothing between `[` and `]`"),
        }
    }
    match digits.parse() {
        Ok(index) if index <= limits::INDEX => Ok(PathStep::Index(index)),
        _ => Err("the number in `[ ]` is too large"),
    }
}

fn put(body: &mut ExactJson, steps: &[PathStep], value: ExactJson) -> Result<(), &'static str> {
    let Some((step, rest)) = steps.split_first() else {
        *body = value;
        return Ok(());
    };
    let next = match step {
        PathStep::Name(name) => {
            if body.is_null() {
                *body = ExactJson::Object(Vec::new());
            }
            body.entry(name).ok_or("the target is not an object")?
        }
        PathStep::Index(_) | PathStep::Append => {
            if body.is_null() {
                *body = ExactJson::List(Vec::new());
            }
            let ExactJson::List(items) = body else { return Err("the target is not a list") };
            let at = if let PathStep::Index(at) = step { *at } else { items.len() };
            if at > items.len() {
                return Err("the elements before it are missing");
            }
            if at == items.len() {
                items.push(ExactJson::Null);
            }
            items.get_mut(at).ok_or("the elements before it are missing")?
        }
    };
    put(next, rest, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn set(body: &Value, given: &str) -> Result<Value, UsageError> {
        let assignment = Assignment::new(given)?;
        let mut body = ExactJson::from(body);
        assignment.put(&mut body, assignment.guessed())?;
        Ok(serde_json::from_str(&body.to_string()).unwrap())
    }

    #[test]
    fn a_path_makes_what_is_missing() {
        assert_eq!(set(&json!({}), "a.b[0].c=1").unwrap(), json!({"a": {"b": [{"c": 1}]}}));
        assert_eq!(set(&json!({"a": [1]}), "a[]=two").unwrap(), json!({"a": [1, "two"]}));
        assert_eq!(
            set(&json!({"a": {"x": 1}}), "a.y={\"z\":true}").unwrap(),
            json!({"a": {"x": 1, "y": {"z": true}}})
        );
        assert_eq!(set(&json!({}), r"metadata.io\.x=null").unwrap(), json!({"metadata": {"io.x": null}}));
        assert_eq!(set(&json!([]), "[0]=a=b").unwrap(), json!(["a=b"]));
        assert_eq!(set(&json!({}), "a=").unwrap(), json!({"a": ""}));
        assert_eq!(set(&json!({}), "a=\"1\"").unwrap(), json!({"a": "\"1\""}));
    }

    #[test]
    fn what_makes_no_sense_is_said_without_the_value() {
        for given in [
            "hunter2",
            "=hunter2",
            "a..b=hunter2",
            "a[x]=hunter2",
            "a[1]=hunter2",
            "a[9999999]=hunter2",
            "a[0]b=hunter2",
            "s.x=hunter2",
            "a\\=hunter2",
            ".a=hunter2",
            "a.=hunter2",
        ] {
            let error = set(&json!({"s": 5}), given).map(|value| value.to_string());
            let text = error.map_err(|error| error.to_string());
            if given == "hunter2" || given == "a\\=hunter2" {
                assert!(text.is_err(), "{given}");
                continue;
            }
            assert!(!text.unwrap_err().contains("hunter2"), "{given}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(given in r"[a-c.\[\]0-2=\\]{0,20}") {
            let _ = set(&json!({"a": [{"b": 1}]}), &given);
        }
    }
}

//! Arrays as the database writes them, `{1,NULL,"a b",{2}}`, as JSON.
//!
//! It must not know what the elements are.

/// More dimensions than the database allows.
const DEEPEST: usize = 8;

/// Writes `text` as a list; `element` writes one element. `None`, and nothing that counts is written, when the text is
/// no array.
pub(crate) fn write(
    text: &str,
    delimiter: u8,
    out: &mut Vec<u8>,
    element: &dyn Fn(&str, &mut Vec<u8>),
) -> Option<()> {
    // `[0:1]={…}` where the first index is not 1.
    let start = if text.starts_with('[') { text.find("={")? + 1 } else { 0 };
    let mut reader = ArrayReader { text: text.get(start..)?, at: 0, delimiter, element };
    reader.list(out, 0)?;
    (reader.at == reader.text.len()).then_some(())
}

struct ArrayReader<'a> {
    /// What is read, up to its end.
    text: &'a str,
    at: usize,
    delimiter: u8,
    element: &'a dyn Fn(&str, &mut Vec<u8>),
}

impl<'a> ArrayReader<'a> {
    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn list(&mut self, out: &mut Vec<u8>, depth: usize) -> Option<()> {
        if depth == DEEPEST || self.next()? != b'{' {
            return None;
        }
        self.at += 1;
        out.push(b'[');
        if self.next()? == b'}' {
            self.at += 1;
            out.push(b']');
            return Some(());
        }
        loop {
            match self.next()? {
                b'{' => self.list(out, depth + 1)?,
                b'"' => {
                    let value = self.quoted()?;
                    (self.element)(&value, out);
                }
                _ => {
                    let value = self.plain()?;
                    if value == "NULL" { out.extend_from_slice(b"null") } else { (self.element)(value, out) }
                }
            }
            let end = self.next()?;
            self.at += 1;
            match end {
                b'}' => break,
                end if end == self.delimiter => out.push(b','),
                _ => return None,
            }
        }
        out.push(b']');
        Some(())
    }

    fn quoted(&mut self) -> Option<String> {
        self.at += 1;
        let mut value = String::new();
        let mut characters = self.text.get(self.at..)?.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    return Some(value);
                }
                '\\' => value.push(characters.next()?.1),
                other => value.push(other),
            }
        }
        None
    }

    fn plain(&mut self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let end = rest.bytes().position(|byte| byte == self.delimiter || byte == b'}')?;
        self.at += end;
        rest.get(..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Option<String> {
        let mut out = Vec::new();
        let quote = |value: &str, out: &mut Vec<u8>| out.extend_from_slice(format!("{value:?}").as_bytes());
        write(text, b',', &mut out, &quote)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn elements_nulls_quotes_and_dimensions() {
        for (text, expected) in [
            ("{}", "[]"),
            ("{a,NULL,\"NULL\",\"\"}", r#"["a",null,"NULL",""]"#),
            (r#"{"a \"b\" \\c","{,}"}"#, r#"["a \"b\" \\c","{,}"]"#),
            ("{{1,2},{3,NULL}}", r#"[["1","2"],["3",null]]"#),
            ("[0:1]={7,8}", r#"["7","8"]"#),
            ("{größe,数}", r#"["größe","数"]"#),
        ] {
            assert_eq!(json(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "{", "{1", "{1,", "{\"1", "1", "{1}}", "{\"1\"2}", &"{".repeat(100)] {
            assert_eq!(json(text), None, "{text}");
        }
    }
}

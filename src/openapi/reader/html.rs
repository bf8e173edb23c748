//! The HTML that is found in descriptions, as Markdown: elements become what Markdown has for them, or nothing. What is no
//! element of HTML stays as it is: `<id>` is a placeholder.
//!
//! It must not know what a text describes.

use std::borrow::Cow;

/// `text` with Markdown instead of HTML.
pub(super) fn to_markdown(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return Cow::Borrowed(text);
    }
    let mut markdown = Markdown::default();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, tagged) = rest.split_at(at);
        markdown.text(before);
        // In a span or block of code of Markdown nothing is an element.
        if markdown.is_in_backquotes() {
            markdown.text("<");
            rest = tagged.get(1..).unwrap_or_default();
        } else if let Some((element, behind)) = Element::read(tagged) {
            rest = markdown.element(&element, behind);
        } else if let Some(comment) = tagged.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, behind)| behind);
        } else {
            markdown.text("<");
            rest = tagged.get(1..).unwrap_or_default();
        }
    }
    markdown.text(rest);
    Cow::Owned(markdown.text)
}

/// A tag.
struct Element<'t> {
    name: String,
    is_end: bool,
    attributes: &'t str,
}

impl<'t> Element<'t> {
    /// The tag that `text` starts with, and what is behind it.
    fn read(text: &'t str) -> Option<(Self, &'t str)> {
        /// No tag of a description is longer.
        const LONGEST: usize = 2_000;
        let inner = text.strip_prefix('<')?;
        let (is_end, inner) = inner.strip_prefix('/').map_or((false, inner), |inner| (true, inner));
        let length = inner.find(|letter: char| !letter.is_ascii_alphanumeric())?;
        let (name, attributes) = inner.split_at(length);
        let name = name.to_ascii_lowercase();
        if !KNOWN.contains(&name.as_str()) || !attributes.starts_with(['>', '/', ' ', '\n', '\t', '\r']) {
            return None;
        }
        let end = attributes.bytes().take(LONGEST).position(|byte| byte == b'>')?;
        let (attributes, behind) = (&attributes[..end], &attributes[end + 1..]);
        // `a <b and c> d` compares.
        let is_bare = matches!(attributes.trim(), "" | "/");
        (is_bare || (attributes.contains('=') && !attributes.contains('<')))
            .then_some((Self { name, is_end, attributes }, behind))
    }

    /// Where a link leads to.
    fn address(&self) -> Option<&'t str> {
        let (_, value) = self.attributes.split_once("href")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        value.get(1..)?.split(quote).next()
    }
}

/// The elements that descriptions have.
const KNOWN: &[&str] = &[
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

/// Markdown that is being written.
#[derive(Default)]
struct Markdown {
    text: String,
    /// Whether code of HTML is open: Markdown decodes no entities there.
    is_code: bool,
    /// Where the links that are open lead to.
    links: Vec<Option<String>>,
    /// The numbers of the lists that are open.
    lists: Vec<Option<u32>>,
    /// Whether an odd number of backquotes was there.
    is_quoted: bool,
}

impl Markdown {
    fn text(&mut self, text: &str) {
        if self.is_code {
            self.text.push_str(&decoded(text));
            return;
        }
        // A span of code ends with its paragraph.
        for (at, part) in text.split("\n\n").enumerate() {
            let is_odd = part.bytes().filter(|byte| *byte == b'`').count() % 2 == 1;
            self.is_quoted = (at == 0 && self.is_quoted) != is_odd;
        }
        self.text.push_str(text);
    }

    fn is_in_backquotes(&self) -> bool {
        self.is_quoted && !self.is_code
    }

    /// Takes a tag, and gives what is to be read next.
    fn element<'t>(&mut self, element: &Element<'_>, behind: &'t str) -> &'t str {
        match (element.name.as_str(), element.is_end) {
            ("script" | "style", false) => {
                // What is in it is for no reader.
                let end = format!("</{}", element.name);
                let lower = behind.to_ascii_lowercase();
                let Some(at) = lower.find(&end) else { return "" };
                return behind[at..].split_once('>').map_or("", |(_, behind)| behind);
            }
            ("code" | "tt" | "kbd" | "samp" | "var", is_end) if self.is_code == is_end => {
                self.is_code = !is_end;
                self.text.push('`');
            }
            ("a", false) => {
                self.links.push(element.address().map(decoded));
                self.text.push('[');
            }
            ("a", true) => match self.links.pop() {
                Some(Some(address)) if !address.contains(['(', ')', '<', '>', '\n', ' ']) => {
                    self.text.extend(["](", &address, ")"]);
                }
                Some(_) => self.text.push_str("](#)"),
                None => {}
            },
            ("ul", is_end) => self.list(is_end, None),
            ("ol", is_end) => self.list(is_end, Some(0)),
            ("li", false) => self.item(),
            ("td" | "th", true) => self.text.push_str("  "),
            ("br", _) | ("tr" | "dt" | "caption", true) => self.text.push('\n'),
            ("dd", false) => self.text.push_str(": "),
            (
                "p" | "div" | "blockquote" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "dl" | "pre"
                | "section" | "details" | "hr" | "summary" | "dd" | "center" | "figure",
                _,
            ) => self.text.push_str("\n\n"),
            _ => {}
        }
        behind
    }

    fn list(&mut self, is_end: bool, number: Option<u32>) {
        if is_end {
            self.lists.pop();
        } else {
            self.lists.push(number);
        }
        if self.lists.is_empty() || self.lists.len() == 1 && !is_end {
            self.text.push_str("\n\n");
        }
    }

    fn item(&mut self) {
        self.text.truncate(self.text.trim_end_matches(' ').len());
        let depth = self.lists.len().saturating_sub(1);
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{number}. ")
            }
            _ => "- ".to_owned(),
        };
        self.text.push('\n');
        self.text.push_str(&"   ".repeat(depth));
        self.text.push_str(&mark);
    }
}

/// `text` with the characters that its commonest entities stand for.
fn decoded(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // What stands for `&` comes last, so that nothing is decoded twice.
    let pairs =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_become_markdown_and_nothing_else_does() {
        for (html, markdown) in [
            ("no element", "no element"),
            ("<b>a</b> <CODE>b &lt; c</CODE>", "a `b < c`"),
            ("<a href=\"https://x.org/?a=1&amp;b=2\">x</a>", "[x](https://x.org/?a=1&b=2)"),
            ("<a name='y'>y</a> <a href='a b'>z</a>", "[y](#) [z](#)"),
            ("<ol><li>a<li>b</ol>", "\n\n\n1. a\n2. b\n\n"),
            ("<id> a<b and <https://x.org> `<p>`", "<id> a<b and <https://x.org> `<p>`"),
            ("<script>if (a < b) {}</script>x<style>", "x"),
            ("<p", "<p"),
            ("x <!-- open", "x "),
        ] {
            assert_eq!(to_markdown(html), markdown, "{html}");
        }
    }
}

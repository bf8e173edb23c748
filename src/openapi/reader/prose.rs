//! Descriptions as a terminal shows them: Markdown and the HTML that is found in it become plain text. Links
//! keep their address in a text of several lines and lose it in one of one line.
//!
//! It must not know what a text describes. What it gives is still foreign text: the caller cleans it.

use super::html;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag, TagEnd};
use std::borrow::Cow;

/// Text of several lines.
pub(super) fn paragraphs(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(PlainText::new(LinkAddresses::WithAddress).read(&html::to_markdown(text)))
}

/// Text of one line: the caller joins what is left of others.
pub(super) fn line(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(PlainText::new(LinkAddresses::TextOnly).read(&html::to_markdown(text)))
}

/// Whether nothing in it can be markup; most texts have none.
fn is_plain(text: &str) -> bool {
    let is_markup =
        |byte| matches!(byte, b'<' | b'&' | b'*' | b'_' | b'`' | b'[' | b'\\' | b'#' | b'|' | b'~' | b'=');
    !text.bytes().any(is_markup) && !text.contains("    ") && !text.contains("---")
}

/// What becomes of the address of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LinkAddresses {
    WithAddress,
    TextOnly,
}

/// A list that is being read: the number of its next item, if it has numbers.
type List = Option<u64>;

/// Text that is made of Markdown.
struct PlainText {
    links: LinkAddresses,
    text: String,
    lists: Vec<List>,
    /// Where the text of each link that is open starts, and where the link leads to.
    open: Vec<(usize, String)>,
    is_code: bool,
    /// The next cell is not the first of its row.
    is_in_row: bool,
}

impl PlainText {
    fn new(links: LinkAddresses) -> Self {
        let (lists, open) = (Vec::new(), Vec::new());
        Self { links, text: String::new(), lists, open, is_code: false, is_in_row: false }
    }

    fn read(mut self, markdown: &str) -> String {
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM;
        for event in Parser::new_ext(markdown, options) {
            self.take(event);
        }
        self.text.truncate(self.text.trim_end().len());
        self.text
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.is_code => {
                for line in text.lines() {
                    self.push("    ");
                    self.push(line);
                    self.push("\n");
                }
            }
            // What is left of HTML is none: a placeholder such as `<id>`.
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.push(&text),
            Event::Code(code) => {
                self.push("`");
                self.push(&code);
                self.push("`");
            }
            Event::SoftBreak | Event::HardBreak => {
                self.push("\n");
                self.indent();
            }
            Event::Rule => self.paragraph(),
            Event::TaskListMarker(done) => self.push(if done { "[x] " } else { "[ ] " }),
            Event::FootnoteReference(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.push(&text);
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph | Tag::HtmlBlock | Tag::BlockQuote(_) if self.lists.is_empty() => self.paragraph(),
            Tag::Heading { .. } | Tag::Table(_) => self.paragraph(),
            Tag::CodeBlock(_) => {
                self.paragraph();
                self.is_code = true;
            }
            Tag::List(number) => {
                if self.lists.is_empty() {
                    self.paragraph();
                }
                self.lists.push(number);
            }
            Tag::Item => self.item(),
            Tag::TableHead | Tag::TableRow => self.is_in_row = false,
            Tag::TableCell => {
                let gap = if std::mem::replace(&mut self.is_in_row, true) { "  " } else { "" };
                self.push(gap);
            }
            Tag::Link { link_type, dest_url, .. } => {
                let address = match link_type {
                    LinkType::Autolink | LinkType::Email => String::new(),
                    _ => dest_url.into_string(),
                };
                self.open.push((self.text.len(), address));
            }
            Tag::Image { .. } => self.open.push((self.text.len(), String::new())),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::List(_) => {
                self.lists.pop();
                if self.lists.is_empty() {
                    self.paragraph();
                }
            }
            TagEnd::CodeBlock => self.is_code = false,
            TagEnd::TableHead | TagEnd::TableRow => self.push("\n"),
            TagEnd::Link | TagEnd::Image => self.end_link(),
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Table if self.lists.is_empty() => {
                self.paragraph();
            }
            _ => {}
        }
    }

    /// The address behind the text, if it says more than the text and can be opened.
    fn end_link(&mut self) {
        let Some((start, address)) = self.open.pop() else { return };
        let shown = self.text.get(start..).unwrap_or_default();
        let leads_away = address.starts_with("https://") || address.starts_with("http://");
        if self.links == LinkAddresses::WithAddress && leads_away && !shown.contains(address.as_str()) {
            self.push(&format!(" ({address})"));
        }
    }

    fn item(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.push("\n");
        }
        let depth = self.lists.len().saturating_sub(1);
        self.push(&"  ".repeat(depth));
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number = number.saturating_add(1);
                format!("{}. ", number.saturating_sub(1))
            }
            _ => "- ".to_owned(),
        };
        self.push(&mark);
    }

    /// What follows a break in an item stands below its text.
    fn indent(&mut self) {
        self.push(&"  ".repeat(self.lists.len()));
    }

    /// An empty line, unless there is one.
    fn paragraph(&mut self) {
        let end = self.text.trim_end_matches(' ').len();
        self.text.truncate(end);
        while !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_becomes_text() {
        for (markup, plain) in [
            ("Just text,\nin two lines.", "Just text,\nin two lines."),
            ("# Title\nSome *strong* and __stronger__ `code`.", "Title\n\nSome strong and stronger `code`."),
            (
                "See [the guide](https://x.org/g), [above](#a), <https://y.org>.",
                "See the guide (https://x.org/g), above, https://y.org.",
            ),
            ("[https://x.org](https://x.org) ![a logo](https://x.org/l.png)", "https://x.org a logo"),
            ("One:\n\n* a\n* b\n  * c\n\n1. d\n2. e\n\nEnd", "One:\n\n- a\n- b\n  - c\n\n1. d\n2. e\n\nEnd"),
            ("```json\n{\"a\": 1}\n```\nEnd", "    {\"a\": 1}\n\nEnd"),
            ("| a | b |\n|---|---|\n| 1 | 2 |", "a  b\n1  2"),
            (
                "<p>Creates a <code>customer</code>, see [the guide](https://x.org/g).</p>",
                "Creates a `customer`, see the guide (https://x.org/g).",
            ),
            ("<p>One &amp; two</p><ul><li>a</li><li>b</li></ul>", "One & two\n\n- a\n- b"),
            (
                "Use <id> and <your-name>, a < b and snake_case_name.",
                "Use <id> and <your-name>, a < b and snake_case_name.",
            ),
            ("2 * 3 * 4, *.example.org, [0..1], a[0]", "2 * 3 * 4, *.example.org, [0..1], a[0]"),
            ("a<br/>b<script>alert(1)</script>c<!-- d -->", "a\nbc"),
        ] {
            assert_eq!(paragraphs(markup), plain, "{markup}");
        }
        assert_eq!(line("See [the guide](https://x.org/g)"), "See the guide");
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_grows_much(text in "[ab <>/&;*_`\\[\\]()#|~\\\\=\n0-9.-]{0,200}") {
            let plain = paragraphs(&text);
            prop_assert!(plain.len() <= 8 * text.len() + 100);
        }
    }
}

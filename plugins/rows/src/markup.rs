//! Values in tables of Markdown and HTML, where nothing of them is markup: they are from outside.
//!
//! It must not know where they come from.

/// Characters that mean something inside a line of Markdown.
const MARKDOWN: &[char] = &['\\', '|', '`', '*', '[', ']', '~', '<', '>', '&', '_'];

/// What stands behind the last row of HTML.
pub const HTML_END: &str = "</tbody>\n</table>\n</body>\n</html>\n";

/// A row of a table of Markdown.
pub fn markdown_row<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let mut line = String::from("|");
    for value in values {
        line.push(' ');
        markdown_text(&mut line, value.unwrap_or_default().trim());
        line.push_str(" |");
    }
    line.push('\n');
    line
}

/// The line below the headings.
pub fn markdown_rule(columns: usize) -> String {
    format!("|{}\n", " --- |".repeat(columns))
}

fn markdown_text(line: &mut String, text: &str) {
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let is_in_word = |other: Option<char>| other.is_some_and(char::is_alphanumeric);
        match character {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' => line.push_str("<br>"),
            '_' if is_in_word(before) && is_in_word(characters.peek().copied()) => line.push('_'),
            '<' => line.push_str("&lt;"),
            '>' => line.push_str("&gt;"),
            '&' => line.push_str("&amp;"),
            character if MARKDOWN.contains(&character) => line.extend(['\\', character]),
            character if character.is_control() => line.push(' '),
            character => line.push(character),
        }
        before = Some(character);
    }
}

/// The page of HTML up to the first row.
pub fn html_begin(headers: &[&str]) -> String {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>everestctl</title>\n<style>\n\
         table { border-collapse: collapse; font: 14px/1.4 system-ui, sans-serif; }\n\
         th, td { padding: 4px 10px; border: 1px solid #ccc; text-align: left; vertical-align: top; }\n\
         th { background: #f2f2f2; }\n</style>\n</head>\n<body>\n<table>\n",
    );
    if !headers.is_empty() {
        page.push_str("<thead><tr>");
        for header in headers {
            page.push_str("<th>");
            html_text(&mut page, header);
            page.push_str("</th>");
        }
        page.push_str("</tr></thead>\n");
    }
    page.push_str("<tbody>\n");
    page
}

/// A row of a table of HTML.
pub fn html_row<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> String {
    let mut row = String::from("<tr>");
    for value in values {
        row.push_str("<td>");
        html_text(&mut row, value.unwrap_or_default());
        row.push_str("</td>");
    }
    row.push_str("</tr>\n");
    row
}

/// `text` as text of HTML, or of SVG.
pub fn html_text(page: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            '\n' => page.push_str("<br>"),
            character if character.is_control() => page.push(' '),
            character => page.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_markup() {
        let row = markdown_row([Some("a|b\\"), None, Some("snake_case _x_ *y*\r\n[z](http://z) <b>&")]);
        let expected = r"| a\|b\\ |  | snake_case \_x\_ \*y\*<br>\[z\](http://z) &lt;b&gt;&amp; |";
        assert_eq!(row, format!("{expected}\n"));
        assert_eq!(
            html_row([Some("<script>\"'&\u{1b}"), None]),
            "<tr><td>&lt;script&gt;&quot;&#39;&amp; </td><td></td></tr>\n"
        );
    }
}

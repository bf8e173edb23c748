//! Messages of a stream as they come: rows, lines of JSON, text.

use super::show::{self, Wishes};
use super::stream_table::Growing;
use crate::cli::output::Form;
use crate::cli::{Ending, write, write_clean};
use crate::client::messages::{Framing, Message};
use crate::error::{Failure, exit};
use crate::jq;
use crate::model::{Line, limits};
use crate::openapi::{self, Command, Unread};
use crate::runner::proxy::connection::Incoming;
use crate::runner::proxy::follow::{End, Following, News};
use crate::term::Streams;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What is shown of a stream.
pub(crate) struct Shown<'a> {
    pub(crate) following: &'a Following<'a>,
    pub(crate) command: &'a Command,
    pub(crate) wishes: &'a Wishes,
    /// The flag that goes on behind a cursor.
    pub(crate) since: Option<&'a str>,
}

impl<'a> Shown<'a> {
    /// Shows what comes, until there is no more or the user has enough.
    pub(crate) fn run(
        &self,
        streams: &mut Streams,
        incoming: Incoming<'a>,
        framing: Framing,
        cursor: Option<String>,
    ) -> Ending {
        let form = Form::of(&self.following.world.options);
        let mut count: u64 = 0;
        let mut table = Growing::new(self.command, self.wishes, form == Form::Wide);
        let end = self.following.run(incoming, framing, cursor, &mut |news| {
            match news {
                News::Message(message) => {
                    count += 1;
                    self.message(streams, form, &mut table, message)?;
                }
                News::Pause => {
                    let rows = table.kept(streams.width());
                    write(streams, &rows)?;
                    let _ = streams.flush();
                }
                News::Gap(why) => streams.warning(why),
                News::Lost(why) => streams.note(&format!("connecting again: {why}")),
            }
            Ok(())
        })?;
        let _ = streams.flush();
        match end {
            End::Ended => {
                if count == 0 {
                    streams.remark("nothing has come");
                }
                Ok(exit::SUCCESS)
            }
            End::Interrupted(cursor) => {
                let failure = Failure::new(exit::INTERRUPTED, "interrupted");
                Err(match (cursor, self.since) {
                    (Some(cursor), Some(since)) => {
                        failure.hint(format!("go on with {since}={}", Line::new(&cursor)))
                    }
                    _ => failure,
                })
            }
        }
    }

    fn message(
        &self,
        streams: &mut Streams,
        form: Form,
        table: &mut Growing<'_>,
        message: &Message,
    ) -> Result<(), Failure> {
        limits::check(message.data.as_bytes()).map_err(show::too_much)?;
        if self.wishes.jq.is_some() || matches!(form, Form::Json | Form::Raw | Form::JsonLines) {
            return self.exact(streams, form, message);
        }
        let value = match openapi::read_answer(message.data.as_bytes()) {
            Ok(value) => value,
            Err(Unread::TooMuch(excess)) => return Err(show::too_much(excess)),
            Err(Unread::NotJson) => {
                return match form {
                    Form::Yaml => document(streams, &as_json(message)),
                    _ => as_text(streams, table, message),
                };
            }
        };
        match form {
            Form::Yaml => document(streams, &value),
            Form::Name => {
                let names = openapi::names(self.command, &Value::from(vec![value]));
                names.iter().try_for_each(|name| write(streams, &format!("{name}\n")))
            }
            _ => {
                let is_row = self.has_columns() && value.is_object() && table.keep(value, &message.data);
                if is_row { Ok(()) } else { as_text(streams, table, message) }
            }
        }
    }

    /// A message as JSON, digit for digit where it is JSON.
    fn exact(&self, streams: &mut Streams, form: Form, message: &Message) -> Result<(), Failure> {
        let is_json = serde_json::from_str::<&RawValue>(&message.data).is_ok();
        let wrapped = (!is_json).then(|| as_json(message).to_string());
        let json = wrapped.as_ref().unwrap_or(&message.data);
        match (&self.wishes.jq, form) {
            (Some(expression), _) => show::through_jq(streams, expression, json.as_bytes()),
            (None, Form::Json) => {
                let text = jq::indented(json.as_bytes()).map_err(|error| show::of_jq(&error))?;
                let text = streams.safe_text(&text).into_owned();
                write(streams, &text)
            }
            (None, _) => show::json_line(streams, json),
        }
    }

    fn has_columns(&self) -> bool {
        let answer = &self.command.answer;
        self.wishes.columns.is_some() || !answer.columns.is_empty() || answer.columns_from.is_some()
    }
}

/// A message as a document of YAML.
fn document(streams: &mut Streams, value: &Value) -> Result<(), Failure> {
    write(streams, "---\n")?;
    show::structured_safely(streams, Form::Yaml, value)
}

/// A message that is not JSON, as JSON.
fn as_json(message: &Message) -> Value {
    json!({"event": message.event, "id": message.id, "data": message.data})
}

/// A message as text, behind the kind of its event where it has one, and behind the rows that came before it.
fn as_text(streams: &mut Streams, table: &mut Growing<'_>, message: &Message) -> Result<(), Failure> {
    let rows = table.kept(streams.width());
    write(streams, &rows)?;
    let Message { event, data, .. } = message;
    let space = if event.is_empty() { "" } else { "  " };
    write_clean(streams, format!("{event}{space}{data}\n").as_bytes())
}

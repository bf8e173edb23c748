//! Every limit on what a plugin's document may ask for, in one place.
//!
//! A document comes from the author of the plugin: these bounds keep a hostile one from costing more than a second
//! and some hundred megabytes, once, in the background. The largest real ones stay below: that of GitHub has 13 MB, and
//! others have 4 MB of YAML or more than 1,500 operations.

/// The size of a document, in bytes.
pub const DOCUMENT: usize = 16 * 1024 * 1024;

/// How deep a document may nest.
pub const DEPTH: usize = 64;

/// Values in a document: keys do not count, what an alias repeats does.
pub(super) const NODES: usize = 2_000_000;

/// The same for YAML, which takes ten times as long to read.
pub(super) const YAML_NODES: usize = 1_000_000;

/// Bytes of text in a document once its YAML aliases are replayed.
pub(super) const EXPANDED: usize = 2 * DOCUMENT;

/// Other files that one document may refer to; together with it they are no larger than one may be.
pub const FILES: usize = 40;

/// Commands of one document.
pub const COMMANDS: usize = 2_000;

/// Tags of one operation that are kept.
pub(super) const TAGS: usize = 10;

/// Arguments of one command.
pub const ARGUMENTS: usize = 200;

/// Security schemes of one document that are read.
pub(super) const SCHEMES: usize = 32;

/// Alternatives of `security`, and schemes of one alternative.
pub(super) const SECURITY: usize = 16;

/// Columns of one table.
pub(super) const COLUMNS: usize = 40;

/// Properties of a row that are looked at for the best columns.
pub(super) const ROW_MEMBERS: usize = 200;

/// Columns of a table that are shown without `-o wide`.
pub(super) const NARROW_COLUMNS: usize = 8;

/// Values that one argument may be restricted to; a longer list does not restrict it.
pub(super) const CHOICES: usize = 200;

/// Problems that are kept; of the others only the number.
pub(super) const PROBLEMS: usize = 100;

/// How deep the properties of a body become flags.
pub(super) const FLAG_DEPTH: usize = 3;

/// How deep in a body, beside what is a flag, secrets are looked for, and in how many schemas.
pub(super) const SECRET_DEPTH: usize = 5;
/// In how many schemas they are looked for.
pub(super) const SECRET_VISITS: usize = 60;

/// The schema of a body that is kept with its command, in bytes of JSON: what is larger is cut where it is deepest.
pub(super) const KEPT_SCHEMA: usize = 64 * 1024;

/// The same for all bodies of a document together: each has its share.
pub(super) const KEPT_SCHEMAS: usize = 4 * 1024 * 1024;

/// What is kept of the schema of a response, to show its shape, and of all of them together.
pub(super) const KEPT_RESPONSE: usize = 4 * 1024;
/// All of them together.
pub(super) const KEPT_RESPONSES: usize = 2 * 1024 * 1024;

/// Schemas within one that is kept.
pub(super) const KEPT_NODES: usize = 3_000;

/// Properties of an object within it.
pub(super) const KEPT_PROPERTIES: usize = 400;

/// Bytes of all values that one of them may be restricted to.
pub(super) const KEPT_CHOICES: usize = 4 * 1024;

/// Schemas that are looked at to be kept, in the whole document.
pub(super) const KEEPING_WORK: usize = 600_000;

/// Schemas that a value is compared with; what would take more fits.
pub(super) const CHECKING_WORK: usize = 200_000;

/// The length of a name on the wire, in bytes.
pub(super) const NAME: usize = 200;

/// The length of a route, in bytes.
pub(super) const ROUTE: usize = 1_000;

/// The length of a description, in characters.
pub const DESCRIPTION: usize = 4_000;

/// Elements of any list in an `x-cli-*` key: aliases, examples, states.
pub(super) const LIST: usize = 50;

/// Steps of reading schemas, for one operation. A step is a schema, a property, a choice.
pub(super) const OPERATION_WORK: usize = 20_000;

/// Keywords of a schema of which only the surface is read.
pub(super) const SURFACE: usize = 64;

/// Parameters of an operation when its share of the work is used up; and any time, so many times [`ARGUMENTS`].
pub(super) const PARAMETERS: usize = 2 * ARGUMENTS;

/// Steps of reading schemas, for the whole document.
pub(super) const DOCUMENT_WORK: usize = 1_000_000;

/// Schemas, and properties of them, of which is remembered what was read, in the whole document.
pub(super) const REMEMBERED: usize = 200_000;

/// How many schemas may lie within each other by `$ref`, `allOf`, `oneOf` and `anyOf`.
pub(super) const SCHEMA_DEPTH: usize = 24;

/// The greatest index in `--set list[INDEX]=`, so that one word cannot fill the memory.
pub(super) const INDEX: usize = 1_000;

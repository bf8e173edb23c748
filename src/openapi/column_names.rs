//! What the name of a property says of it as a column: how soon a person looks for it, and whether it is worth a place
//! in a narrow table.
//!
//! It must not know what is in the property.

/// What a column is for, in the order in which people look for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ColumnPurpose {
    /// Which row it is; the number is its place among those that say so.
    Identity(usize),
    /// How it is.
    State(usize),
    /// What it is, and where.
    Sort,
    /// Anything else.
    Detail,
    /// When something happened.
    Moment,
    /// When it came to be.
    Creation,
    /// Addresses, hashes, long texts: nothing that rows are told apart by.
    Bulk,
    /// The same in every row.
    Constant,
}

/// Which row it is, the best first.
const IDENTITY: &[&str] = &[
    "id",
    "name",
    "names",
    "full-name",
    "display-name",
    "friendly-name",
    "number",
    "title",
    "subject",
    "slug",
    "tag-name",
    "login",
    "username",
    "user-name",
    "email",
];

/// How it is, the best first.
const STATE: &[&str] = &["status", "state", "phase", "health", "conclusion", "result", "outcome", "ready"];

/// What it is, and where.
const SORT: &[&str] = &[
    "type",
    "kind",
    "role",
    "size",
    "plan",
    "tier",
    "class",
    "flavor",
    "namespace",
    "region",
    "zone",
    "location",
    "datacenter",
    "site",
    "version",
    "engine",
    "image",
    "platform",
    "arch",
    "architecture",
    "os",
    "address",
    "addresses",
    "ip",
    "ips",
    "ipv4",
    "ipv6",
    "host",
    "hostname",
    "port",
    "owner",
    "user",
    "author",
    "actor",
    "customer",
    "project",
    "repository",
    "branch",
    "priority",
    "severity",
    "urgency",
    "level",
    "currency",
    "amount",
    "provider",
];

/// Last words of names like those in [`SORT`].
const SORTS: &[&str] = &[
    "type", "kind", "role", "plan", "tier", "class", "region", "zone", "version", "engine", "address", "ip",
    "ipv4", "ipv6",
];

/// Words that make a name one of bulk, wherever they stand last.
const BULK: &[&str] = &[
    "url",
    "urls",
    "uri",
    "href",
    "html",
    "link",
    "links",
    "self",
    "avatar",
    "icon",
    "logo",
    "image-url",
    "etag",
    "hash",
    "sha",
    "sha1",
    "sha256",
    "md5",
    "digest",
    "checksum",
    "fingerprint",
    "signature",
    "certificate",
    "cert",
    "pem",
    "csr",
    "body",
    "content",
    "description",
    "readme",
    "comment",
    "notes",
    "annotations",
    "generation",
    "uuid",
    "uid",
    "guid",
];

/// Names that are about the record and not about the thing.
const ABOUT_RECORDS: &[&str] = &[
    "schema",
    "node-id",
    "gravatar-id",
    "global-id",
    "resource-version",
    "generate-name",
    "self-link",
    "public-key",
    "ssh-key",
    "key",
    "object-id",
    "revision-id",
];

/// Names of what is the same in all rows of a list.
const CONSTANTS: &[&str] = &["api-version", "object"];

/// When something came to be.
const CREATION: &[&str] = &[
    "created",
    "created-at",
    "created-on",
    "created-date",
    "created-time",
    "creation-date",
    "creation-time",
    "creation-timestamp",
    "create-time",
    "create-date",
    "date-created",
    "inserted-at",
    "born",
];

/// Last words of the names of moments.
const MOMENTS: &[&str] = &["at", "date", "timestamp", "datetime"];

/// First words of names of moments that end in `time`: a `run-time` is none.
const TIMES: &[&str] = &[
    "create",
    "created",
    "creation",
    "update",
    "updated",
    "modify",
    "modified",
    "delete",
    "deleted",
    "deletion",
    "start",
    "started",
    "end",
    "ended",
    "stop",
    "finish",
    "finished",
    "completion",
    "completed",
    "expire",
    "expires",
    "expiry",
    "expiration",
    "event",
    "occurred",
    "seen",
    "login",
    "access",
    "sync",
    "change",
    "changed",
    "last",
    "next",
    "first",
    "transition",
    "heartbeat",
    "publish",
    "published",
    "due",
    "issue",
    "issued",
];

/// Names of moments as a whole.
const MOMENT: &[&str] = &[
    "created",
    "updated",
    "modified",
    "changed",
    "deleted",
    "started",
    "finished",
    "ended",
    "completed",
    "expires",
    "expiry",
    "expiration",
    "timestamp",
    "datetime",
    "date",
    "time",
    "ts",
    "last-seen",
    "last-login",
    "last-used",
    "due",
    "not-before",
    "not-after",
    "created-on",
    "updated-on",
    "modified-on",
    "born",
];

/// What a column of the property `name`, in kebab-case, is for. `noun` is what the rows are called.
pub(super) fn purpose(name: &str, noun: &str) -> ColumnPurpose {
    let in_list = |list: &[&str]| list.iter().position(|other| *other == name);
    let last = name.rsplit('-').next().unwrap_or(name);
    let of_noun = || name.strip_suffix("-id").or_else(|| name.strip_suffix("-name"));
    if let Some(at) = in_list(IDENTITY) {
        ColumnPurpose::Identity(at)
    } else if of_noun().is_some_and(|what| !noun.is_empty() && is_plural(noun, what)) {
        ColumnPurpose::Identity(usize::from(last == "name"))
    } else if in_list(CONSTANTS).is_some() {
        ColumnPurpose::Constant
    } else if in_list(ABOUT_RECORDS).is_some() || BULK.contains(&last) || name.starts_with("html-") {
        ColumnPurpose::Bulk
    } else if in_list(CREATION).is_some() {
        ColumnPurpose::Creation
    } else if is_moment(name) {
        ColumnPurpose::Moment
    } else if let Some(at) = in_list(STATE) {
        ColumnPurpose::State(at)
    } else if matches!(last, "status" | "state" | "phase" | "health") {
        ColumnPurpose::State(STATE.len())
    } else if in_list(SORT).is_some() || SORTS.contains(&last) {
        ColumnPurpose::Sort
    } else {
        ColumnPurpose::Detail
    }
}

/// Whether `many` is the plural of `one`.
fn is_plural(many: &str, one: &str) -> bool {
    let stem = one.strip_suffix('y').unwrap_or(one);
    many == one || many.strip_prefix(stem).is_some_and(|rest| matches!(rest, "s" | "es" | "ies"))
}

/// Whether a property of this name, in kebab-case, is a moment where its value can be one.
pub(super) fn is_moment(name: &str) -> bool {
    let (first, last) = (name.split('-').next().unwrap_or(name), name.rsplit('-').next().unwrap_or(name));
    MOMENT.contains(&name)
        || CREATION.contains(&name)
        || (name.contains('-') && MOMENTS.contains(&last))
        || (name.contains('-') && last == "time" && TIMES.contains(&first))
        || (name.contains('-') && last == "on" && TIMES.contains(&first))
}

/// Whether a property of this name, in kebab-case, never gets into a narrow table for want of others: keys, constants.
pub(super) fn is_unreadable(name: &str) -> bool {
    let last = name.rsplit('-').next().unwrap_or(name);
    CONSTANTS.contains(&name)
        || matches!(name, "schema" | "resource-version" | "generation" | "public-key" | "ssh-key")
        || matches!(last, "certificate" | "cert" | "pem" | "csr" | "annotations" | "links" | "etag")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_looks_for_what_it_is_first_and_for_its_age_last() {
        let sorted = |names: &[&'static str]| {
            let mut names = names.to_vec();
            names.sort_by_key(|name| purpose(name, "issues"));
            names.join(" ")
        };
        assert_eq!(
            sorted(&[
                "created-at",
                "node-id",
                "url",
                "state",
                "title",
                "locked",
                "number",
                "updated-at",
                "id",
                "role"
            ]),
            "id number title state role locked updated-at created-at node-id url"
        );
        assert_eq!(purpose("issue-id", "issues"), ColumnPurpose::Identity(0));
        assert_eq!(purpose("policy-name", "policies"), ColumnPurpose::Identity(1));
        assert_eq!(purpose("cluster-id", "issues"), ColumnPurpose::Detail);
        assert_eq!(purpose("provisioning-state", ""), ColumnPurpose::State(STATE.len()));
        assert_eq!(purpose("api-version", ""), ColumnPurpose::Constant);
        for bulk in ["html-url", "public-key", "etag", "commit-sha", "description", "uid"] {
            assert_eq!(purpose(bulk, ""), ColumnPurpose::Bulk, "{bulk}");
        }
    }

    #[test]
    fn a_moment_is_told_from_a_duration() {
        for name in
            ["created", "updated-at", "creation-timestamp", "start-time", "last-transition-time", "not-after"]
        {
            assert!(is_moment(name), "{name}");
        }
        for name in ["run-time", "response-time", "format", "uptime", "timeout", "at", "update", "location"] {
            assert!(!is_moment(name), "{name}");
        }
    }
}

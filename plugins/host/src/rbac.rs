//! Who may do what: upstream's model, in casbin (reference, section 6).
//!
//! `*` stops at `/`, and `**` means the same as `*`: upstream matches with Go's `path.Match`.

use super::accounts::is_user_name;
use super::log;
use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi, StringAdapter};
use everestctl_protocol::policy::matches;
use std::io;
use std::path::Path;

const MODEL: &str = "
[request_definition]
r = sub, res, act, obj
[policy_definition]
p = sub, res, act, obj
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.sub) && pathMatch(r.res, p.res) && pathMatch(r.act, p.act) && pathMatch(r.obj, p.obj)
";

/// What the built-in administrator may do: everything, at each depth of objects.
const ADMINISTRATOR: &str = "
p, role:admin, *, *, *
p, role:admin, *, *, */*
p, role:admin, *, *, */*/*
g, admin, role:admin
";

/// The access policy; without one everybody may do everything.
pub struct AccessPolicy(Option<Enforcer>);

impl std::fmt::Debug for AccessPolicy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Policy(enabled: {})", self.0.is_some())
    }
}

impl AccessPolicy {
    /// The policy in the file at `path`.
    pub async fn open(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let content = everestctl::sys::files::read(path, 1024 * 1024)?;
        let text = String::from_utf8(content).map_err(io::Error::other)?;
        Self::from_text(&text).await.map(|enforcer| Self(Some(enforcer)))
    }

    async fn from_text(text: &str) -> io::Result<Enforcer> {
        check(text)?;
        let wrong = |error: casbin::Error| io::Error::other(format!("invalid policy: {error}"));
        let model = DefaultModel::from_str(MODEL).await.map_err(wrong)?;
        let rules = format!("{ADMINISTRATOR}\n{text}");
        let mut enforcer = Enforcer::new(model, StringAdapter::new(rules)).await.map_err(wrong)?;
        enforcer.add_function(
            "pathMatch",
            casbin::function_map::OperatorFunction::Arg2(|value, pattern| {
                matches(&value.into_string().unwrap_or_default(), &pattern.into_string().unwrap_or_default())
                    .into()
            }),
        );
        Ok(enforcer)
    }

    /// Whether it decides anything.
    pub fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    /// Whether `user` may do `action` to `object` of `resource`. What cannot be decided is denied.
    pub fn allows(&self, user: &str, resource: &str, action: &str, object: &str) -> bool {
        self.0
            .as_ref()
            .is_none_or(|enforcer| enforcer.enforce((user, resource, action, object)).unwrap_or(false))
    }

    /// The rows that apply to `user`, with the user as their subject.
    pub fn permissions_of(&self, user: &str) -> Vec<Vec<String>> {
        let Some(enforcer) = &self.0 else { return Vec::new() };
        let mut subjects = vec![user.to_owned()];
        let groupings = enforcer.get_grouping_policy();
        let mut next = 0;
        while let Some(subject) = subjects.get(next).cloned() {
            for row in groupings.iter().filter(|row| row.first() == Some(&subject)) {
                if let Some(role) = row.get(1).filter(|role| !subjects.contains(role)) {
                    subjects.push(role.clone());
                }
            }
            next += 1;
        }
        let rows = enforcer.get_policy().into_iter();
        rows.filter(|row| {
            row.get(3..).is_some() && row.first().is_some_and(|subject| subjects.contains(subject))
        })
        .map(|row| std::iter::once(user.to_owned()).chain(row.into_iter().skip(1)).collect())
        .collect()
    }
}

/// What the rows may say: `p` with a user or a role and three terms, `g` with a user or a role and a role. A row that
/// means something else than it says, or nothing, is refused: it may be the one that was to deny.
fn check(text: &str) -> io::Result<()> {
    for (number, line) in text.lines().enumerate() {
        let row = line.trim();
        if row.is_empty() || row.starts_with('#') {
            continue;
        }
        let columns: Vec<&str> = row.split(',').map(str::trim).collect();
        let wrong = |why: &str| Err(io::Error::other(format!("line {}: {why}", number + 1)));
        let shown = |text: &str| log::field(text, log::LONGEST_NAME);
        let subject = match *columns {
            ["p", subject, _, _, _] | ["g", subject, _] => subject,
            ["p", ..] => return wrong("a rule is `p, SUBJECT, RESOURCE, ACTION, OBJECT`"),
            ["g", ..] => return wrong("a role is assigned by `g, SUBJECT, role:NAME`"),
            _ => return wrong("a row must start with `p` or `g`"),
        };
        if !is_user_name(subject) && !is_role(subject) {
            return wrong(&format!("{} is neither a user nor a role (`role:NAME`)", shown(subject)));
        }
        // Without the prefix a user of the same name would have the role.
        if let ["g", _, role] = *columns
            && !is_role(role)
        {
            return wrong(&format!("{} is not a role: roles are called `role:NAME`", shown(role)));
        }
    }
    Ok(())
}

fn is_role(subject: &str) -> bool {
    subject.strip_prefix("role:").is_some_and(is_user_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_row_that_means_something_else_than_it_says_is_refused_with_its_line() {
        for (row, why) in [
            ("p, admin:x, plugins, use, */*", "line 2: admin:x is neither a user nor a role"),
            ("p, *, plugins, use, */*", "line 2: * is neither"),
            ("p, dana eve, plugins, use, */*", "line 2: \"dana eve\" is neither"),
            ("p, \"dana\", plugins, use, */*", "is neither"),
            ("p, role:, plugins, use, */*", "is neither"),
            ("p, role:a:b, plugins, use, */*", "is neither"),
            ("p, Role:admin, plugins, use, */*", "is neither"),
            ("p, , plugins, use, */*", "is neither"),
            ("g, dana, support", "line 2: support is not a role"),
            ("g, dana, eve", "is not a role"),
            ("g, admin:x, role:admin", "is neither"),
            ("p, dana, plugins, use, main/x, deny", "line 2: a rule is"),
            ("p, dana, plugins, use", "a rule is"),
            ("g, dana", "a role is assigned by"),
            ("g, dana, role:a, main", "a role is assigned by"),
            ("g2, dana, role:a", "a row must start with"),
            ("p2, dana, plugins, use, */*", "a row must start with"),
            ("\u{feff}p, dana, plugins, use, */*", "a row must start with"),
            ("nonsense", "a row must start with"),
        ] {
            let text = format!("p, eve, plugins, use, main/x\n{row}\n");
            let error =
                AccessPolicy::from_text(&text).await.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(why), "{row}: {error}");
        }
        let text = "# a comment\n\np, role:a, plugins, use, main/x\r\n  g, role:b, role:a\ng,dana@example.com,role:b\n";
        let policy = AccessPolicy(Some(AccessPolicy::from_text(text).await.unwrap()));
        assert!(policy.allows("dana@example.com", "plugins", "use", "main/x"));
    }

    #[tokio::test]
    async fn the_example_of_the_reference() {
        let text = "p, role:support, plugins, read, main/slow-query\n\
                    p, role:support, plugins, use, main/slow-query\ng, dana, role:support\n";
        let policy = AccessPolicy(Some(AccessPolicy::from_text(text).await.unwrap()));
        assert!(policy.allows("dana", "plugins", "use", "main/slow-query"));
        assert!(!policy.allows("dana", "plugins", "use", "main/hello"));
        assert!(!policy.allows("eve", "plugins", "read", "main/slow-query"));
        assert!(policy.allows("admin", "plugins", "use", "main/hello"));
        assert_eq!(policy.permissions_of("dana")[0], ["dana", "plugins", "read", "main/slow-query"]);
        assert!(policy.permissions_of("eve").is_empty());
        assert!(AccessPolicy(None).allows("anybody", "plugins", "use", "x/y"));
    }
}

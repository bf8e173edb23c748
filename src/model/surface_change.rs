//! What tells one version of a plugin from another, and whether scripts that worked may fail. Pure.
//!
//! | class | what |
//! |---|---|
//! | breaking | a line that worked may fail or mean something else: a command, a flag, a value or a column is gone, something is now required, a default is another |
//! | review | it may do more or runs something else: permissions, credentials, images, how it runs; what its author now advises against |
//! | compatible | what worked works as before |

use super::CleanText;
use super::command_surface::{CommandSurface, SurfaceArgument, SurfaceCommand, SurfaceTerm};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What a change means for who uses the plugin, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeClass {
    /// A line that worked may fail or mean something else.
    Breaking,
    /// It may do more, or runs something else.
    Review,
    /// What worked works as before.
    Compatible,
}

impl ChangeClass {
    /// All, the worst first.
    pub const ALL: [Self; 3] = [Self::Breaking, Self::Review, Self::Compatible];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Review => "review",
            Self::Compatible => "compatible",
        }
    }

    /// The class with this name.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == word)
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SurfaceChange {
    /// What it means.
    pub class: ChangeClass,
    /// What changes: `pods list --limit`, `permission`.
    pub subject: CleanText,
    /// How.
    pub what: CleanText,
}

/// What tells one version of a plugin from another. Its JSON form is an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SurfaceDifference {
    /// The name of the plugin.
    pub name: CleanText,
    /// The version before.
    pub from: Option<CleanText>,
    /// The version after.
    pub to: Option<CleanText>,
    /// What changes, the worst first.
    pub changes: Vec<SurfaceChange>,
}

impl SurfaceDifference {
    /// What tells `after` from `before`.
    pub fn between(before: &CommandSurface, after: &CommandSurface) -> Self {
        let mut changes = Changes::default();
        // A document does not say what its plugin is called.
        let is_named = |name: &CleanText| !name.as_str().is_empty();
        let name = [&after.name, &before.name].into_iter().find(|name| is_named(name));
        if is_named(&before.name) && is_named(&after.name) && before.name != after.name {
            changes.add(ChangeClass::Breaking, "name", &format!("`{}` is now `{}`", before.name, after.name));
        }
        changes.commands(&before.commands, &after.commands);
        let terms: BTreeSet<SurfaceTerm> = before.terms.keys().chain(after.terms.keys()).copied().collect();
        for term in terms {
            let of = |surface: &CommandSurface| surface.terms.get(&term).cloned().unwrap_or_default();
            changes.term(term, &of(before), &of(after));
        }
        let mut changes = changes.0;
        changes.sort();
        Self {
            name: name.cloned().unwrap_or_default(),
            from: before.version.clone(),
            to: after.version.clone(),
            changes,
        }
    }

    /// How many changes of a class there are.
    pub fn count(&self, class: ChangeClass) -> usize {
        self.changes.iter().filter(|change| change.class == class).count()
    }

    /// Whether there is a change of this class or a worse one.
    pub fn reaches(&self, class: ChangeClass) -> bool {
        self.changes.iter().any(|change| change.class <= class)
    }
}

/// What was found so far.
#[derive(Default)]
struct Changes(Vec<SurfaceChange>);

impl Changes {
    fn add(&mut self, class: ChangeClass, subject: &str, what: &str) {
        self.0.push(SurfaceChange { class, subject: CleanText::new(subject), what: CleanText::new(what) });
    }

    fn commands(
        &mut self,
        before: &BTreeMap<String, SurfaceCommand>,
        after: &BTreeMap<String, SurfaceCommand>,
    ) {
        let now = |words: &str| {
            let by_alias = || after.iter().find(|(_, command)| command.aliases.contains(words));
            after.get_key_value(words).or_else(by_alias)
        };
        let mut known = BTreeSet::new();
        for (words, old) in before {
            let Some((name, new)) = now(words) else {
                if !old.is_hidden {
                    self.add(ChangeClass::Breaking, words, "the command is gone");
                }
                continue;
            };
            known.insert(name);
            if name != words {
                self.add(ChangeClass::Compatible, words, &format!("is now called `{name}`; both work"));
            }
            for alias in old.aliases.iter().filter(|alias| now(alias).is_none()) {
                self.add(ChangeClass::Breaking, words, &format!("its other name `{alias}` is gone"));
            }
            self.command(words, old, new);
        }
        for (words, _) in after.iter().filter(|(words, new)| !known.contains(words) && !new.is_hidden) {
            self.add(ChangeClass::Compatible, words, "new command");
        }
    }

    fn command(&mut self, words: &str, old: &SurfaceCommand, new: &SurfaceCommand) {
        use ChangeClass::{Breaking, Compatible, Review};
        match (old.asks, new.asks) {
            (false, true) => self.add(Breaking, words, "asks for confirmation now: scripts need --yes"),
            (true, false) => self.add(Review, words, "no longer asks for confirmation"),
            _ => {}
        }
        if new.is_deprecated && !old.is_deprecated {
            self.add(Review, words, "is deprecated now");
        }
        if new.is_hidden && !old.is_hidden {
            self.add(Compatible, words, "help no longer shows it");
        }
        match (old.body, new.body) {
            (Some(_), None) => self.add(Breaking, words, "takes no body any more"),
            (Some(false), Some(true)) => self.add(Breaking, words, "needs a body now"),
            (None, Some(true)) if new.arguments.iter().all(|argument| !argument.is_required) => {
                self.add(Breaking, words, "needs a body now");
            }
            (Some(true), Some(false)) => self.add(Compatible, words, "can do without a body"),
            _ => {}
        }
        for column in old.columns.iter().filter(|column| !new.columns.contains(column)) {
            self.add(Breaking, words, &format!("its output has no column {column} any more"));
        }
        for column in new.columns.iter().filter(|column| !old.columns.contains(column)) {
            self.add(Compatible, words, &format!("its output has a new column {column}"));
        }
        self.arguments(words, old, new);
    }

    fn arguments(&mut self, words: &str, old: &SurfaceCommand, new: &SurfaceCommand) {
        use ChangeClass::{Breaking, Compatible};
        for argument in &old.arguments {
            let subject = format!("{words} {}", argument.typed);
            let Some(now) = new.argument(&argument.typed) else {
                let thing = if argument.is_positional { "argument" } else { "flag" };
                self.add(Breaking, &subject, &format!("the {thing} is gone"));
                continue;
            };
            if now.typed != argument.typed {
                self.add(Compatible, &subject, &format!("is now called {}; both work", now.typed));
            }
            for alias in argument.aliases.iter().filter(|alias| new.argument(alias).is_none()) {
                self.add(Breaking, &subject, &format!("its other name {alias} is gone"));
            }
            self.argument(&subject, argument, now);
        }
        for argument in &new.arguments {
            let is_known = std::iter::once(&argument.typed)
                .chain(&argument.aliases)
                .any(|typed| old.argument(typed).is_some());
            if is_known {
                continue;
            }
            let thing = if argument.is_positional { "argument" } else { "flag" };
            let subject = format!("{words} {}", argument.typed);
            if argument.is_required {
                self.add(Breaking, &subject, &format!("new {thing}, which is required"));
            } else {
                self.add(Compatible, &subject, &format!("new {thing}"));
            }
        }
        let positional = |command: &SurfaceCommand| -> Vec<String> {
            command.arguments.iter().filter(|it| it.is_positional).map(|it| it.typed.clone()).collect()
        };
        let (before, after) = (positional(old), positional(new));
        let common = |of: &[String], other: &[String]| -> Vec<String> {
            of.iter().filter(|typed| other.contains(typed)).cloned().collect()
        };
        let is_moved = common(&before, &after) != common(&after, &before)
            || before.iter().zip(&after).any(|(one, other)| one != other && before.contains(other));
        if is_moved {
            self.add(Breaking, words, &format!("the order of its arguments is now {}", after.join(" ")));
        }
    }

    fn argument(&mut self, subject: &str, old: &SurfaceArgument, new: &SurfaceArgument) {
        use ChangeClass::{Breaking, Compatible, Review};
        if old.kind != new.kind {
            let class = if widens(old.kind, new.kind) { Compatible } else { Breaking };
            self.add(class, subject, &format!("takes {} instead of {}", new.kind, old.kind));
        }
        match (old.is_required, new.is_required) {
            (false, true) => self.add(Breaking, subject, "is required now"),
            (true, false) => self.add(Compatible, subject, "is no longer required"),
            _ => {}
        }
        match (old.repeats, new.repeats) {
            (true, false) => self.add(Breaking, subject, "can be given only once now"),
            (false, true) => self.add(Compatible, subject, "can be given several times"),
            _ => {}
        }
        if old.default != new.default {
            let shown = |default: Option<&CleanText>| {
                default.map_or_else(|| "none".to_owned(), |default| format!("`{default}`"))
            };
            let what = format!(
                "its default is {} instead of {}",
                shown(new.default.as_ref()),
                shown(old.default.as_ref())
            );
            self.add(Breaking, subject, &what);
        }
        if old.kind == new.kind {
            self.choices(subject, old, new);
            self.bound(subject, "at least", old.least.as_ref(), new.least.as_ref(), |old, new| new > old);
            self.bound(subject, "at most", old.most.as_ref(), new.most.as_ref(), |old, new| new < old);
        }
        if new.is_deprecated && !old.is_deprecated {
            self.add(Review, subject, "is deprecated now");
        }
    }

    fn choices(&mut self, subject: &str, old: &SurfaceArgument, new: &SurfaceArgument) {
        use ChangeClass::{Breaking, Compatible};
        match (old.choices.is_empty(), new.choices.is_empty()) {
            (true, false) => self.add(Breaking, subject, "takes only some values now"),
            (false, true) => self.add(Compatible, subject, "takes any value"),
            _ => {
                for value in old.choices.iter().filter(|value| !new.choices.contains(value)) {
                    self.add(Breaking, subject, &format!("no longer takes `{value}`"));
                }
                for value in new.choices.iter().filter(|value| !old.choices.contains(value)) {
                    self.add(Compatible, subject, &format!("takes `{value}`, too"));
                }
            }
        }
    }

    fn bound(
        &mut self,
        subject: &str,
        label: &str,
        old: Option<&CleanText>,
        new: Option<&CleanText>,
        is_tighter: impl Fn(f64, f64) -> bool,
    ) {
        if old == new {
            return;
        }
        let number = |bound: &CleanText| bound.as_str().parse::<f64>().ok();
        let class = match (old, new) {
            (_, None) => ChangeClass::Compatible,
            (Some(old), Some(new)) => match (number(old), number(new)) {
                (Some(old), Some(new)) if !is_tighter(old, new) => ChangeClass::Compatible,
                _ => ChangeClass::Breaking,
            },
            (None, Some(_)) => ChangeClass::Breaking,
        };
        let what = match new {
            Some(new) => format!("{label} {new} now"),
            None => format!("no longer limited to {label} {}", old.cloned().unwrap_or_default()),
        };
        self.add(class, subject, &what);
    }

    fn term(&mut self, term: SurfaceTerm, before: &BTreeSet<CleanText>, after: &BTreeSet<CleanText>) {
        use ChangeClass::{Breaking, Compatible, Review};
        let mut gone: Vec<&CleanText> = before.difference(after).collect();
        let (added, removed) = match term {
            SurfaceTerm::Requirement => (Breaking, Compatible),
            SurfaceTerm::Platform | SurfaceTerm::Alias => (Compatible, Breaking),
            _ => (Review, Compatible),
        };
        for new in after.difference(before) {
            // An image in another version is one change, not two.
            let same = |old: &&CleanText| match term {
                SurfaceTerm::Image => repository(old.as_str()) == repository(new.as_str()),
                SurfaceTerm::Way => true,
                _ => false,
            };
            if let Some(position) = gone.iter().position(same) {
                let old = gone.remove(position);
                self.add(Review, term.as_str(), &format!("{new} instead of {old}"));
            } else {
                self.add(added, term.as_str(), &format!("{new} (new)"));
            }
        }
        for old in gone {
            self.add(removed, term.as_str(), &format!("{old} (gone)"));
        }
    }
}

/// Whether every value of the kind `old` is one of `new`.
fn widens(old: &str, new: &str) -> bool {
    match new {
        "text" => !matches!(old, "file" | "json" | "boolean"),
        "number" => old == "integer",
        "date-time" => old == "date",
        _ => false,
    }
}

/// An image without its tag and digest.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flag(typed: &str) -> SurfaceArgument {
        SurfaceArgument {
            typed: typed.to_owned(),
            kind: "text",
            is_positional: typed.starts_with('<'),
            ..SurfaceArgument::default()
        }
    }

    fn with(arguments: Vec<SurfaceArgument>) -> CommandSurface {
        let command = SurfaceCommand { arguments, ..SurfaceCommand::default() };
        let commands = [("list".to_owned(), command)].into();
        CommandSurface { commands, ..CommandSurface::default() }
    }

    fn lines(before: &CommandSurface, after: &CommandSurface) -> Vec<String> {
        let difference = SurfaceDifference::between(before, after);
        let line =
            |change: &SurfaceChange| format!("{} {}: {}", change.class.as_str(), change.subject, change.what);
        difference.changes.iter().map(line).collect()
    }

    #[test]
    fn each_change_of_an_argument_has_its_class() {
        let of = |change: fn(&mut SurfaceArgument)| {
            let mut argument = flag("--size");
            change(&mut argument);
            with(vec![argument])
        };
        let text = |text: &str| Some(CleanText::new(text));
        let plain = of(|_| {});
        let integer = of(|it| it.kind = "integer");
        let required = of(|it| it.is_required = true);
        let repeated = of(|it| it.repeats = true);
        let preset = of(|it| it.default = Some(CleanText::new("5")));
        let small = of(|it| it.choices = vec![CleanText::new("s")]);
        let large = of(|it| it.choices = vec![CleanText::new("s"), CleanText::new("l")]);
        let bounded = of(|it| it.most = Some(CleanText::new("10")));
        let tighter = of(|it| it.most = Some(CleanText::new("9")));
        assert_eq!(text("5"), Some(CleanText::new("5")));
        for (before, after, expected) in [
            (&plain, &integer, "breaking list --size: takes integer instead of text"),
            (&integer, &plain, "compatible list --size: takes text instead of integer"),
            (&plain, &required, "breaking list --size: is required now"),
            (&required, &plain, "compatible list --size: is no longer required"),
            (&repeated, &plain, "breaking list --size: can be given only once now"),
            (&plain, &repeated, "compatible list --size: can be given several times"),
            (&plain, &preset, "breaking list --size: its default is `5` instead of none"),
            (&large, &small, "breaking list --size: no longer takes `l`"),
            (&small, &large, "compatible list --size: takes `l`, too"),
            (&plain, &small, "breaking list --size: takes only some values now"),
            (&bounded, &tighter, "breaking list --size: at most 9 now"),
            (&tighter, &bounded, "compatible list --size: at most 10 now"),
            (&bounded, &plain, "compatible list --size: no longer limited to at most 10"),
        ] {
            assert_eq!(lines(before, after), [expected]);
        }
    }

    #[test]
    fn what_is_gone_breaks_and_what_is_renamed_does_not() {
        assert_eq!(lines(&with(vec![flag("--a")]), &with(vec![])), ["breaking list --a: the flag is gone"]);
        assert_eq!(lines(&with(vec![]), &with(vec![flag("--a")])), ["compatible list --a: new flag"]);
        let mut renamed = flag("--b");
        renamed.aliases.insert("--a".to_owned());
        let expected = ["compatible list --a: is now called --b; both work"];
        assert_eq!(lines(&with(vec![flag("--a")]), &with(vec![renamed])), expected);
        let (order, other) = (vec![flag("<A>"), flag("<B>")], vec![flag("<B>"), flag("<A>")]);
        let expected = ["breaking list: the order of its arguments is now <B> <A>"];
        assert_eq!(lines(&with(order), &with(other)), expected);
        let none = CommandSurface::default();
        assert_eq!(lines(&with(vec![]), &none), ["breaking list: the command is gone"]);
        assert_eq!(lines(&none, &with(vec![])), ["compatible list: new command"]);
    }

    #[test]
    fn more_rights_are_to_be_reviewed_and_an_image_changes_once() {
        let with = |term, text: &str| {
            let mut surface = CommandSurface::default();
            surface.add(term, text);
            surface
        };
        let none = CommandSurface::default();
        let permission = with(SurfaceTerm::Permission, "get secrets");
        assert_eq!(lines(&none, &permission), ["review permission: get secrets (new)"]);
        assert_eq!(lines(&permission, &none), ["compatible permission: get secrets (gone)"]);
        let image = |tag: &str| with(SurfaceTerm::Image, &format!("registry:5000/a/b{tag}"));
        let expected = ["review image: registry:5000/a/b:2 instead of registry:5000/a/b@sha256:1"];
        assert_eq!(lines(&image("@sha256:1"), &image(":2")), expected);
        let program = with(SurfaceTerm::Requirement, "program jq");
        assert_eq!(lines(&none, &program), ["breaking requirement: program jq (new)"]);
    }

    proptest! {
        /// A version is as it is, and what breaks one way is told the other way, too.
        #[test]
        fn a_version_does_not_differ_from_itself(
            names in prop::collection::btree_map("[a-c]", prop::collection::btree_set("--[a-c]|<[A-C]>", 0..4), 0..4),
            others in prop::collection::btree_map("[a-c]", prop::collection::btree_set("--[a-c]|<[A-C]>", 0..4), 0..4),
        ) {
            let surface = |names: &BTreeMap<String, BTreeSet<String>>| {
                let command = |typed: &BTreeSet<String>| SurfaceCommand {
                    arguments: typed.iter().map(|typed| flag(typed)).collect(),
                    ..SurfaceCommand::default()
                };
                let commands = names.iter().map(|(words, typed)| (words.clone(), command(typed))).collect();
                CommandSurface { commands, ..CommandSurface::default() }
            };
            let (one, other) = (surface(&names), surface(&others));
            prop_assert_eq!(SurfaceDifference::between(&one, &one).changes, []);
            let (there, back) =
                (SurfaceDifference::between(&one, &other), SurfaceDifference::between(&other, &one));
            prop_assert_eq!(there.changes.is_empty(), back.changes.is_empty());
        }
    }
}

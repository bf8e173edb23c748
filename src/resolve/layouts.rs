//! The promises of the resolver, on random layouts of files and remote plugins.

use super::*;
use crate::model::reserved;
use crate::model::{CleanText, CommandWord, Origin, OriginPlace, OriginState, Source, Way, file_stems};
use proptest::prelude::*;

/// A world in memory: files by place and stem, and remote origins.
#[derive(Clone, Debug)]
struct Layout {
    files: Vec<Origin>,
    native: Vec<Origin>,
    remotes: RemoteCommands,
}

impl CommandSource for Layout {
    fn local<'a>(&'a self, stems: Vec<String>) -> Box<dyn Iterator<Item = Origin> + 'a> {
        let mut places: Vec<OriginPlace> = self.files.iter().map(|file| file.place).collect();
        places.sort();
        places.dedup();
        Box::new(places.into_iter().flat_map(move |place| {
            let at = |stem: &String| {
                self.files.iter().find(|file| file.place == place && stem_of(file) == *stem).cloned()
            };
            stems.iter().filter_map(at).collect::<Vec<_>>()
        }))
    }

    fn bundled(&self, _word: &CommandWord) -> Option<Origin> {
        None
    }

    fn native(&self, name: &CommandWord) -> Option<Origin> {
        self.native.iter().find(|origin| origin.name.as_str() == name.as_str()).cloned()
    }

    fn remotes_for(&self, _word: &CommandWord) -> &RemoteCommands {
        &self.remotes
    }
}

fn stem_of(file: &Origin) -> String {
    let name = file.path.as_ref().unwrap().file_name().unwrap().to_str().unwrap();
    name.strip_prefix("everestctl-").unwrap().to_owned()
}

/// Few words, so that names collide all the time; one of them is reserved.
fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "a-b", "c", "plugin", "backup", "config", "core", "host"])
        .prop_map(str::to_owned)
}

fn file() -> impl Strategy<Value = Origin> {
    let place = prop_oneof![Just(OriginPlace::PluginFolder), (0_u32..3).prop_map(OriginPlace::Path)];
    let stem = prop::collection::vec(word(), 1..4)
        .prop_flat_map(|words| (Just(words.join("-")), any::<u8>()))
        .prop_map(|(stem, bits)| {
            let mut dashes = 0;
            stem.chars()
                .map(|character| match character {
                    '-' => {
                        dashes += 1;
                        if dashes <= 4 && bits & (1 << dashes) != 0 { '_' } else { '-' }
                    }
                    other => other,
                })
                .collect::<String>()
        });
    let state = prop_oneof![
        4 => Just(OriginState::Ready),
        1 => Just(OriginState::NotExecutable),
        1 => Just(OriginState::Invalid { why: CleanText::new("writable by others"), hint: None }),
    ];
    (place, stem, state).prop_map(|(place, stem, state)| {
        let name = CleanText::new(&file_stems::canonical(&stem));
        let mut origin = Origin::new(name, Source::Local, Some(Way::Exec), place);
        origin.path = Some(format!("/{place:?}/everestctl-{stem}").into());
        origin.state = state;
        origin
    })
}

fn remote() -> impl Strategy<Value = Origin> {
    let place = prop_oneof![
        Just((Source::Server, OriginPlace::PluginList)),
        (0_u32..3).prop_map(|group| (Source::Cluster, OriginPlace::ApiGroup(group)))
    ];
    (word(), place, prop::option::of(word())).prop_map(|(name, (source, place), alias)| {
        let mut origin = Origin::new(CleanText::new(&name), source, Some(Way::Proxy), place);
        origin.aliases.extend(alias.map(|alias| CommandWord::new(&alias).unwrap()));
        origin
    })
}

fn native() -> impl Strategy<Value = Origin> {
    word().prop_map(|name| {
        Origin::new(CleanText::new(&name), Source::Native, Some(Way::Native), OriginPlace::PluginFolder)
    })
}

prop_compose! {
    fn layout()(
        files in prop::collection::vec(file(), 0..12),
        native in prop::collection::vec(native(), 0..3),
        remotes in prop::collection::vec(remote(), 0..8),
    ) -> Layout {
        let mut unique: Vec<Origin> = Vec::new();
        for file in files {
            if !unique.iter().any(|other| other.path == file.path) {
                unique.push(file);
            }
        }
        let mut libraries: Vec<Origin> = Vec::new();
        for library in native {
            if !libraries.iter().any(|other| other.name == library.name) {
                libraries.push(library);
            }
        }
        // A server may list a plugin twice: only a mark tells the two apart.
        let marked = remotes.into_iter().enumerate().map(|(number, mut origin)| {
            origin.version = Some(CleanText::new(&number.to_string()));
            origin
        });
        Layout { files: unique, native: libraries, remotes: RemoteCommands::new(marked) }
    }
}

fn typed() -> impl Strategy<Value = Vec<CommandWord>> {
    prop::collection::vec(word().prop_map(|word| CommandWord::new(&word).unwrap()), 1..5)
}

fn origin_of(candidate: &Candidate) -> Option<&Origin> {
    match &candidate.target {
        RunTarget::Command(command) => Some(command.first()),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn a_reserved_word_is_never_taken(layout in layout(), typed in typed()) {
        let chosen = choose(candidates(&typed, &layout));
        let is_reserved = reserved::owner(typed[0].as_str()).is_some();
        let is_own = matches!(chosen.map(|it| it.target), Some(RunTarget::BuiltIn(_) | RunTarget::Bundled { .. } | RunTarget::Kept { .. } | RunTarget::Core { .. }));
        prop_assert_eq!(is_own, is_reserved);
    }

    #[test]
    fn the_class_comes_before_the_length_and_the_longest_local_name_first(layout in layout(), typed in typed()) {
        let found: Vec<Candidate> = candidates(&typed, &layout).collect();
        let order = |candidate: &Candidate| {
            origin_of(candidate).map(|origin| match origin.source {
                Source::Local => (0, std::cmp::Reverse(candidate.words), Some(origin.place)),
                Source::Native => (1, std::cmp::Reverse(0), None),
                Source::Server | Source::Cluster => (2, std::cmp::Reverse(0), None),
            })
        };
        let keys: Vec<_> = found.iter().filter_map(order).collect();
        prop_assert!(keys.is_sorted(), "{:?}", found);
    }

    #[test]
    fn every_local_file_that_the_words_can_mean_is_a_candidate(layout in layout(), typed in typed()) {
        let found: Vec<Candidate> = candidates(&typed, &layout).collect();
        for file in &layout.files {
            let means = (1..=typed.len()).any(|count| file_stems::stems(&typed[..count]).contains(&stem_of(file)));
            let is_there = found.iter().filter_map(origin_of).any(|origin| origin.path == file.path);
            prop_assert_eq!(means, is_there, "{:?}", file.path);
        }
    }

    #[test]
    fn what_was_refused_is_final_and_what_is_not_executable_is_passed_over(layout in layout(), typed in typed()) {
        let found: Vec<Candidate> = candidates(&typed, &layout).collect();
        let chosen = choose(found.iter().cloned());
        if let Some(first) = found.iter().find(|candidate| !candidate.is_passed_over()) { prop_assert_eq!(format!("{:?}", chosen), format!("{:?}", Some(first))) } else { prop_assert_eq!(format!("{:?}", chosen), format!("{:?}", found.first())) }
    }

    #[test]
    fn the_list_and_dispatch_agree_on_who_has_a_name(layout in layout()) {
        let local: Vec<Origin> = layout.files.iter().chain(&layout.native).cloned().collect();
        for entry in catalogue(local, layout.remotes.clone()) {
            let name = entry.command.first().word().unwrap();
            if entry.command.state().is_passed_over() {
                continue;
            }
            let typed = [name];
            let chosen = choose(candidates(&typed, &layout)).unwrap();
            let has_it = origin_of(&chosen) == Some(entry.command.first());
            prop_assert_eq!(entry.shadowed.is_none(), has_it, "{:?} against {:?}", entry, chosen);
        }
    }

    #[test]
    fn a_claimed_alias_runs_nobody(layout in layout(), alias in word()) {
        let alias = CommandWord::new(&alias).unwrap();
        if let Some(RemoteMatch::Claimed(names)) = layout.remotes.find(&alias) {
            prop_assert!(names.len() > 1);
            let candidate = candidates(std::slice::from_ref(&alias), &layout).last().unwrap();
            let claimed = matches!(candidate.target, RunTarget::Claimed { .. });
            prop_assert!(claimed);
        }
    }
}

//! What the global flags fill: a parameter or property that means the namespace (`namespace`, `ns`) or the cluster
//! (`k8sCluster`, `cluster`). Three exceptions: `cluster` beside a `k8sCluster` is something else; of several in nested
//! objects none is meant; one that is not a plain text is none.
//!
//! It must not know what else becomes of an argument.

use super::argument_draft::ArgumentDraft;
use super::reference::DocumentReader;
use crate::openapi::{ArgumentPlace, FilledFlag, Repeat, ValueKind};
use everestctl_rows::case::kebab;

impl<'a> DocumentReader<'a> {
    /// Which drafts the global flags fill.
    pub(super) fn filled(
        &self,
        drafts: &[ArgumentDraft<'a>],
        kinds: &[(ValueKind, Repeat)],
    ) -> Vec<Option<FilledFlag>> {
        let meant: Vec<Option<(FilledFlag, bool)>> = drafts
            .iter()
            .zip(kinds)
            .map(|(draft, (kind, repeat))| {
                let texts = matches!(kind, ValueKind::Text | ValueKind::Length { .. } | ValueKind::Any)
                    && *repeat != Repeat::Map;
                if !texts || matches!(draft.place, ArgumentPlace::Row(_)) {
                    return None;
                }
                match draft.keys(self).text("x-cli-name") {
                    Some("namespace") => Some((FilledFlag::Namespace, true)),
                    Some("cluster") => Some((FilledFlag::Cluster, true)),
                    Some(_) => None,
                    None => match kebab(draft.wire).as_str() {
                        "namespace" | "ns" => Some((FilledFlag::Namespace, false)),
                        "k8s-cluster" => Some((FilledFlag::Cluster, true)),
                        "cluster" => Some((FilledFlag::Cluster, false)),
                        _ => None,
                    },
                }
            })
            .collect();
        let nested = |draft: &ArgumentDraft<'a>| matches!(&draft.place, ArgumentPlace::Body(place) if place.steps().len() > 1);
        let count = |context: FilledFlag| {
            let same = |(draft, meant): &(&ArgumentDraft<'a>, &Option<(FilledFlag, bool)>)| {
                nested(draft) && matches!(meant, Some((other, _)) if *other == context)
            };
            drafts.iter().zip(&meant).filter(same).count()
        };
        let surely_cluster = meant.contains(&Some((FilledFlag::Cluster, true)));
        drafts
            .iter()
            .zip(&meant)
            .map(|(draft, meant)| {
                let (context, surely) = (*meant)?;
                let given = draft.keys(self).get("x-cli-name").is_some();
                let another = context == FilledFlag::Cluster && surely_cluster && !surely;
                let one_of_many = nested(draft) && count(context) > 1 && !given;
                (!another && !one_of_many).then_some(context)
            })
            .collect()
    }
}

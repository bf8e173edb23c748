//! What the caller of a request may see, asked of the OpenEverest API for each request anew.

use super::MetricsPlugin;
use crate::everest::CallerToken;
use crate::problem::ProblemBody;
use crate::promql::NamespaceScope;
use crate::room::Seat;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which part of what the caller may see is meant.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Place {
    /// Only this namespace [default: all that you may see]
    namespace: Option<String>,
    /// OpenEverest cluster: the one whose metrics Prometheus has
    k8s_cluster: Option<String>,
}

/// What a caller may see, and a place among those who ask now.
pub(crate) struct Access {
    pub(crate) scope: NamespaceScope,
    _seat: Seat,
}

impl Access {
    /// Asks the server. Who may see no namespace, or not the one that is meant, gets no further.
    pub(crate) async fn of(
        plugin: &MetricsPlugin,
        caller: &CallerToken,
        place: Result<Place, ProblemBody>,
    ) -> Result<Self, ProblemBody> {
        let cluster = plugin.settings.cluster.as_str();
        let names = plugin.everest.namespaces(caller, cluster).await?;
        // The token has been accepted: from here on, what it says of its owner is true.
        let seat = plugin.room.seat(caller.subject()).await?;
        let mut scope = NamespaceScope::new(&plugin.settings.namespace_label, names)?;
        let place = place?;
        // Namespaces of another cluster may have the names of ours: what a caller sees there says nothing here.
        if let Some(other) = place.k8s_cluster.as_deref().filter(|name| !name.is_empty() && *name != cluster)
        {
            let other = other.escape_debug();
            let error =
                format!("there are no metrics of the cluster `{other}` here, only those of `{cluster}`");
            return Err(ProblemBody::new(StatusCode::NOT_FOUND, error));
        }
        if let Some(name) = place.namespace.as_deref().filter(|name| !name.is_empty()) {
            // Whether there is such a namespace, is nobody's business who may not see it.
            scope = scope.only(name).ok_or_else(|| {
                ProblemBody::new(
                    StatusCode::NOT_FOUND,
                    format!("no namespace `{}` that you may see", name.escape_debug()),
                )
                .hint("use -A for all namespaces that you may see")
            })?;
        }
        Ok(Self { scope, _seat: seat })
    }
}

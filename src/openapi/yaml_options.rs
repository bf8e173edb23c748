//! How YAML from outside is read here: within limits of size, depth and what aliases repeat, and no word taken for what it is
//! not.
//!
//! It must not know what is read.

use super::limits;
use serde_yaml::{Options, alias_limits, budget, options};

/// For a text of at most `nodes` values, of which aliases repeat at most `repeated`.
pub(super) fn yaml_options(nodes: usize, repeated: usize) -> Options {
    options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        budget: budget! {
            max_depth: limits::DEPTH,
            flow_nesting_limit: limits::DEPTH,
            max_nodes: nodes,
            // A value has a start and an end.
            max_events: 2 * nodes,
            max_documents: 1,
            max_total_scalar_bytes: limits::EXPANDED,
        },
        alias_limits: alias_limits! {
            max_total_replayed_events: repeated,
            max_replay_stack_depth: limits::DEPTH,
        },
    }
}

//! L3: server plugins as they are installed: the objects that a chart or a manifest makes, judged before they reach the
//! cluster, and the two ways there.
//!
//! * [`archive`]: a chart in one file, the same bytes each time; [`ignore`]: what is no part of it;
//! * [`objects`]: the objects of a rendered chart or a manifest; pure;
//! * [`surface`]: what they bring: the plugin, its permissions, images, roles, and the rules that it must keep; pure;
//! * [`difference`]: what a change changes; pure;
//! * [`helm`]: the user's helm, as a child process;
//! * [`cluster`]: the objects in the cluster, applied, waited for and explained;
//! * [`range`]: ranges of versions as catalogs write them; pure.
//!
//! It must not know where a chart was found, nor who is asked before something changes.

pub mod archive;
pub mod cluster;
pub mod difference;
pub mod helm;
pub mod ignore;
pub mod objects;
pub mod range;
pub mod surface;

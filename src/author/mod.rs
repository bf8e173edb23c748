//! L3: what authors of plugins have made here: started from a template, judged, tried and packed.
//!
//! It reads what it judges with the modules that read it later ([`crate::install`], [`crate::chart`], [`crate::discovery`]), so that
//! nothing passes here that is refused there. It must not know who asks, or how a report is shown.
//!
//! * [`conformance`]: how what an author has made behaves when it is run;
//! * [`lint`]: what is wrong with what an author has made;
//! * [`packable`]: what there is to pack in a folder, a package or a chart;
//! * [`pack`]: the archive of a package, the same bytes each time;
//! * [`sign`]: signatures of archives and of what is in a registry;
//! * [`publish`]: a package or a chart in a registry;
//! * [`template`]: what a plugin is started from.

pub mod conformance;
pub mod lint;
pub mod pack;
pub mod packable;
pub mod publish;
pub mod sign;
pub mod template;

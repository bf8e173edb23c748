//! L3: what authors of plugins have made here: started from a template, judged, tried and packed.
//!
//! It reads what it judges with the modules that read it later ([`crate::install`], [`crate::chart`], [`crate::discovery`]), so that
//! nothing passes here that is refused there. It must not know who asks, or how a report is shown.
//!
//! * [`conformance`]: how what an author has made behaves when it is run;
//! * [`lint`]: what is wrong with what an author has made;
//! * [`pack`]: the archive of a package, the same bytes each time;
//! * [`sign`]: signatures of archives and of what is in a registry;
//! * [`publish`]: a package in a registry;
//! * [`template`]: what a plugin is started from.

pub mod conformance;
pub mod lint;
pub mod pack;
pub mod publish;
pub mod sign;
pub mod template;

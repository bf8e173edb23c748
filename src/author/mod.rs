//! L3: what authors of plugins have made here: started from a template, judged, tried and packed.
//!
//! It reads what it judges with the modules that read it later ([`crate::install`], [`crate::chart`], [`crate::discovery`]), so that
//! nothing passes here that is refused there. It must not know who asks, or how a report is shown.

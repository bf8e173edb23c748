//! The executable form.

everestctl_plugin::executable!(plugin_<<module>>::ThePlugin);

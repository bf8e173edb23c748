//! The executable form.

everestctl_plugin::executable!(hello_rust::Hello);

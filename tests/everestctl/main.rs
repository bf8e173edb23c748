//! End-to-end tests: the binary as its users run it, in one test binary.
//!
//! Each test has a sandbox: a cleared environment, its own home, folders of its own. The outside is
//! real where it can be: real files, real processes, real sockets, a real kube-apiserver when
//! `KUBEBUILDER_ASSETS` names one. What is skipped says so by name.
//!
//! Snapshots are inline; `SNAPSHOTS=overwrite cargo test` writes them anew.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod support;

mod alias;
mod answers_hostile;
mod auth_commands;
mod bundled;
mod bundles;
mod chart_packages;
mod cluster_source;
mod completion;
mod completion_quotes;
mod compliance;
mod containers;
mod dependencies;
mod discovery;
mod dispatch;
mod doctor;
mod first_party;
mod help;
mod host_accounts;
mod host_backends;
mod host_exec;
mod host_hostile;
mod host_instances;
mod host_plugins;
mod host_proxy;
mod host_sockets;
mod host_statement;
mod host_ui;
mod hub;
mod index;
mod installing;
mod installing_faults;
mod keyless;
mod kubeconfig;
mod kubeconfig_oidc;
mod kubeconfig_oidc_cluster;
mod layers;
mod metrics;
mod metrics_chart;
mod metrics_hostile;
mod metrics_tls;
mod native;
mod neighbours;
mod never_silent;
mod nobody_reads;
mod output_forms;
mod package_policy;
mod package_sources;
mod plots;
mod plugin_credentials;
mod plugin_dev;
mod plugin_diff;
mod plugin_images;
mod plugin_lint;
mod plugin_list;
mod plugin_new;
mod plugin_pack;
mod plugin_pipelines;
mod plugin_test;
mod plugin_which;
mod reads_once;
mod refusal;
mod server_answers;
mod server_commands;
mod server_descriptors;
mod server_edit;
mod server_help;
mod server_hostile;
mod server_index;
mod server_inert;
mod server_jobs;
mod server_names;
mod server_pages;
mod server_plugins;
mod server_requests;
mod server_source;
mod server_streams;
mod server_transfers;
mod session_renewal;
mod sql_chart;
mod sql_hostile;
mod sql_plugin;
mod sql_promises;
mod sql_scripts;
mod sql_shell;
mod unknown;
mod update_notice;
mod via_kubernetes;
mod watch;
mod ways;

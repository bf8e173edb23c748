//! A plugin of everestctl that finds databases outside the cluster: in AWS, and on hosts that the user names. This page is the map.
//!
//! A scan looks at places (a region of an account, a host), and what it finds is kept; everything else reads what is kept:
//!
//! * `arguments`: the command line; `plugin`: the commands;
//! * `database`: a database as a scan finds it; `scan`: what a scan has looked at and found; `store`: the scans that are kept;
//! * `hosts`: which hosts the user means; `probe`: PostgreSQL and MySQL, asked by their own protocols;
//! * `aws`: RDS and Aurora, region by region, and passwords in Secrets Manager;
//! * `inventory`: what is known now; `difference`: what has changed since the scan before; `support`: until when a version is mended;
//! * `export`: the same for other programs, among them the instances of a development host; `rows`: tables.
//!
//! Nothing here knows how the plugin was started: the SDK does.

mod arguments;
mod aws;
mod database;
mod difference;
mod export;
mod hosts;
mod inventory;
mod plugin;
mod probe;
mod rows;
mod scan;
mod store;
mod support;

everestctl_plugin::executable!(plugin::Discovery);

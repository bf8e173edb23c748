//! The way `proxy`: requests to a plugin's backend through the API server's proxy, made out of what was typed by what the
//! plugin's OpenAPI document says.

pub mod connection;
pub mod cycle_detector;
pub mod download;
pub mod error;
pub mod follow;
pub mod job;
pub mod request;
pub mod wait;

//! The config file that the Go CLI shares, the preferences beside it, and an edit of either.
#![no_main]

use everestctl::yaml::edit::{self, ConfigList, Edit};
use everestctl::config::{ClientConfig, ContextOverrides, Preferences, Target};
use everestctl::sys::Environment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let preferences = Preferences::from_text(data).unwrap_or_default();
    if let Ok(config) = ClientConfig::from_text(data) {
        let environment = Environment::default();
        let _ = Target::choose(&ContextOverrides::default(), &environment, &config, &preferences);
        for context in config.contexts().take(20) {
            let wishes =
                ContextOverrides { context: Some(context.name.to_owned()), ..ContextOverrides::default() };
            let _ = Target::choose(&wishes, &environment, &config, &preferences);
        }
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let edit = Edit::Set {
        list: ConfigList::Users,
        name: "dana".to_owned(),
        field: "accessToken",
        value: "a: b".into(),
    };
    let _ = edit::apply(text, &[edit], &serde_json::Map::new());
});

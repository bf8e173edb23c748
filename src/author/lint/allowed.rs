//! Rules that are allowed to be broken, each with a reason: by `--allow RULE=REASON` and by the file `.everestctl-lint.yaml`.

use super::rules;
use crate::model::CleanText;
use crate::sys::files;
use crate::yaml;
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the file: a mapping of rules to reasons.
pub const FILE: &str = ".everestctl-lint.yaml";
/// More than any such file, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Rules that are allowed to be broken, each with a reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(BTreeMap<String, CleanText>);

impl Allowed {
    /// What the file in `folder` says, if there is one; or why it cannot be understood.
    pub fn in_folder(folder: &Path) -> Result<Self, String> {
        let content = match files::read(&folder.join(FILE), LARGEST) {
            Ok(content) => content,
            Err(error) if files::is_absent(&error) => return Ok(Self::default()),
            Err(error) => return Err(error.to_string()),
        };
        let entries: BTreeMap<String, String> =
            yaml::explained(&content).map_err(|misfit| misfit.to_string())?;
        let mut allowed = Self::default();
        for (rule, reason) in entries {
            allowed.add(&rule, &reason)?;
        }
        Ok(allowed)
    }

    /// Allows one more; or why that makes no sense.
    pub fn add(&mut self, rule: &str, reason: &str) -> Result<(), String> {
        if rules::rule(rule).is_none() {
            return Err(format!("there is no rule `{rule}`"));
        }
        let reason =
            CleanText::non_empty(reason).ok_or_else(|| format!("`{rule}` is allowed without a reason"))?;
        self.0.insert(rule.to_owned(), reason);
        Ok(())
    }

    /// Why a rule may be broken, if it may.
    pub fn reason(&self, rule: &str) -> Option<CleanText> {
        self.0.get(rule).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_rule_that_there_is_can_be_allowed_and_only_with_a_reason() {
        let mut allowed = Allowed::default();
        allowed.add("chart-context", "it needs the network of the node").unwrap();
        assert!(allowed.reason("chart-context").is_some() && allowed.reason("chart-name").is_none());
        assert_eq!(allowed.add("surprise", "x"), Err("there is no rule `surprise`".to_owned()));
        assert!(allowed.add("chart-name", " ").unwrap_err().contains("without a reason"));
    }
}

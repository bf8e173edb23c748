//! Passwords that are in AWS Secrets Manager. They are read when somebody asks for them, and go into files of that user alone.

use super::failure::Trouble;
use super::{account, configuration, in_region};
use everestctl_plugin::{Error, text};
use serde::Deserialize;
use zeroize::Zeroizing;

/// What a secret says.
pub(crate) struct Credentials {
    pub(crate) username: Option<String>,
    pub(crate) password: Zeroizing<String>,
}

/// A secret as RDS writes it.
#[derive(Deserialize)]
struct RdsSecret {
    #[serde(default)]
    username: Option<String>,
    password: Zeroizing<String>,
}

/// Fetches these secrets, each by its ARN or name. `region` is where names without a region are looked for.
pub(crate) async fn fetch(
    wanted: &[(String, Option<String>)],
    profile: Option<&str>,
) -> Result<Vec<Credentials>, Error> {
    let own = configuration(profile).await;
    let mut fetched = Vec::with_capacity(wanted.len());
    let mut is_known = false;
    for (secret, region) in wanted {
        let shown = text::one_line(secret, 120);
        let region = region_of(secret).or(region.as_deref()).or(own.region().map(AsRef::as_ref));
        let region = region.ok_or_else(|| {
            Error::usage(format!("the region of the secret {shown} is not known")).hint("name it by its ARN")
        })?;
        let configuration = in_region(&own, region);
        if !is_known {
            account(&configuration, profile).await?;
            is_known = true;
        }
        let client = aws_sdk_secretsmanager::Client::new(&configuration);
        let answer = client.get_secret_value().secret_id(secret).send().await.map_err(|error| {
            let trouble = Trouble::of(&error);
            let error = Error::new(format!("could not read the secret {shown}")).because(&trouble);
            match trouble {
                Trouble::Denied(_) => {
                    error.hint("a policy has to allow secretsmanager:GetSecretValue for it")
                }
                _ => error,
            }
        })?;
        let value = Zeroizing::new(answer.secret_string().unwrap_or_default().to_owned());
        fetched.push(read(&value).ok_or_else(|| {
            Error::new(format!("the secret {shown} holds no password"))
                .hint("it has to be a text, or JSON with `password` and perhaps `username`")
        })?);
    }
    Ok(fetched)
}

/// The region that an ARN names: `arn:aws:secretsmanager:REGION:…`.
fn region_of(secret: &str) -> Option<&str> {
    let mut parts = secret.strip_prefix("arn:")?.split(':');
    let region = parts.nth(2)?;
    (!region.is_empty()).then_some(region)
}

/// A text of one line is the password itself. JSON that holds none is no password, however it looks.
fn read(value: &str) -> Option<Credentials> {
    if value.trim_start().starts_with('{') {
        let RdsSecret { username, password } = serde_json::from_str(value).ok()?;
        return (!password.is_empty()).then_some(Credentials { username, password });
    }
    let is_line = !value.is_empty() && !value.contains(['\n', '\r']);
    is_line.then(|| Credentials { username: None, password: Zeroizing::new(value.to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_text_or_what_rds_writes() {
        let both = |value| read(value).map(|read| (read.username, read.password.to_string()));
        assert_eq!(both("hunter2"), Some((None, "hunter2".to_owned())));
        let written = r#"{"username":"admin","password":"p:w","engine":"postgres"}"#;
        assert_eq!(both(written), Some((Some("admin".to_owned()), "p:w".to_owned())));
        for none in ["", "{}", r#"{"password":""}"#, "{hunter2", "a\nb"] {
            assert_eq!(both(none), None, "{none}");
        }
        assert_eq!(region_of("arn:aws:secretsmanager:eu-west-1:1:secret:x"), Some("eu-west-1"));
        assert_eq!((region_of("shop"), region_of("arn:x"), region_of("arn:a:b::c")), (None, None, None));
    }
}

//! ID tokens of a kubeconfig and a real API server: one that verifies them with the keys of their issuer.

use crate::support::issuer::{self, CLIENT, Habits, Issuer, SECRET};
use crate::support::plane::Plane;
use crate::support::sandbox::eventually;
use crate::support::{Sandbox, skip};

const LIST: &str = "plugin list --source cluster -o name";

/// A kubeconfig as `kubectl config set-credentials --auth-provider=oidc` writes it.
fn kubeconfig(sandbox: &Sandbox, plane: &Plane, issuer: &Issuer, (id, refresh): (&str, &str)) -> String {
    let admin = std::fs::read_to_string(plane.file("kubeconfig")).unwrap();
    let server = admin.lines().find_map(|line| line.trim().strip_prefix("server: ")).unwrap();
    format!(
        "apiVersion: v1\nkind: Config\npreferences: {{}}\ncurrent-context: c\n\
         clusters:\n- {{name: k, cluster: {{server: '{server}', certificate-authority: {ca}}}}}\n\
         contexts:\n- {{name: c, context: {{cluster: k, user: u}}}}\nusers:\n- name: u\n  user:\n    auth-provider:\n      config:\n        \
         client-id: {CLIENT}\n        client-secret: {SECRET}\n        id-token: {id}\n        \
         idp-certificate-authority: {root}/kube/ca.crt\n        idp-issuer-url: {url}\n        \
         refresh-token: {refresh}\n      name: oidc\n",
        ca = plane.file("pki/ca.crt").display(),
        root = sandbox.path("").display().to_string().trim_end_matches('/'),
        url = issuer.url,
    )
}

#[test]
fn an_api_server_takes_the_tokens_that_are_renewed_and_no_other() {
    let test = "kubeconfig_oidc_cluster::an_api_server_takes_the_tokens_that_are_renewed_and_no_other";
    let sandbox = Sandbox::new().with_path("KUBECONFIG", "kube/config");
    let kube = sandbox.path("kube");
    std::fs::create_dir_all(&kube).unwrap();
    if issuer::authority(&kube).is_none() {
        return skip("openssl", test, "openssl is not installed");
    }
    issuer::signing_key(&kube);
    let issuer = Issuer::start(&kube, Habits::default());
    let url = format!("--oidc-issuer-url={}", issuer.url);
    let ca = format!("--oidc-ca-file={}", kube.join("ca.crt").display());
    let client = format!("--oidc-client-id={CLIENT}");
    let prefix = ["--oidc-username-prefix=oidc:", "--oidc-groups-claim=groups", "--oidc-groups-prefix=oidc:"];
    let Some(plane) = Plane::start_with(&[&[url.as_str(), &ca, &client], &prefix[..]].concat()) else {
        return skip("kube", test, "KUBEBUILDER_ASSETS is not set");
    };
    plane.create(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: plugins}\n\
         rules: [{apiGroups: ['*'], resources: [plugins], verbs: [list]}]\n---\n\
         apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: plugins}\n\
         roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: plugins}\n\
         subjects: [{kind: Group, name: 'oidc:viewers', apiGroup: rbac.authorization.k8s.io}]\n",
    );
    let write = |id: &str, refresh: &str| {
        let text = kubeconfig(&sandbox, &plane, &issuer, (id, refresh));
        sandbox.write("kube/config", &text);
        text
    };
    let read = || std::fs::read_to_string(kube.join("config")).unwrap();

    // A token that holds is sent as it is. The API server reads the keys of the issuer in its own time.
    let valid = issuer.token(CLIENT, 600);
    eventually("the API server knows the issuer", || plane.tries(&["--token", &valid, "get", "plg"]));
    let text = write(&valid, &issuer.refresh());
    let names = sandbox.run(LIST).success_silent();
    assert!(names.contains("plugin-bench\n"), "{names}");
    assert_eq!(read(), text);
    assert_eq!(issuer.renewals(), 0);

    // One that has expired is renewed, once, and what was renewed lists the plugins of this cluster.
    let expired = issuer.token(CLIENT, -60);
    let text = write(&expired, &issuer.refresh());
    let before = issuer.refresh();
    assert_eq!(sandbox.run(LIST).success_silent(), names);
    assert_eq!(sandbox.run(LIST).success_silent(), names);
    assert_eq!(read(), text.replace(&expired, &issuer.id()).replace(&before, &issuer.refresh()));
    assert_eq!((issuer.renewals(), issuer.refusals().len()), (1, 0));

    // kubectl goes on with what was stored. It renews none here: kubectl 1.20, built with Go 1.19, crashes when it does.
    assert!(plane.as_user(&kube.join("config"), &["get", "plg"]).contains("plugin-bench"));
    assert_eq!(issuer.renewals(), 1);

    // One that looks good and that this API server refuses is renewed, too: it was made for another program.
    write(&issuer.token("another", 600), &issuer.refresh());
    assert_eq!(sandbox.run(LIST).success_silent(), names);
    assert_eq!(issuer.renewals(), 2);

    // Nothing to renew it with: it is not sent, and the user signs in again.
    write(&expired, "spent");
    let said = sandbox.run(LIST).stderr_failed(4);
    assert!(said.contains("refused to renew it: invalid_grant") && said.contains("sign in again"), "{said}");
    // As a mere token, the API server itself refuses it.
    let text = kubeconfig(&sandbox, &plane, &issuer, (&expired, ""));
    let (start, _) = text.split_once("    auth-provider:").unwrap();
    sandbox.write("kube/config", format!("{start}    token: {expired}\n"));
    let said = sandbox.run(LIST).stderr_failed(4);
    assert!(said.contains("returned 401 (unauthorized)"), "{said}");
    assert!(!said.contains(&expired), "{said}");
    assert_eq!(issuer.renewals(), 2);
}

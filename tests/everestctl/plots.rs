//! `-o plot`: lines over time and bars, in the terminal, as SVG and as PNG, of answers that have points and of some that have none.

use crate::support::Sandbox;
use crate::support::http::{Reply, Server, json, response};
use serde_json::json;

const DOCUMENT: &str = r#"{"openapi":"3.0.3","info":{"title":"Load","version":"1"},"paths":{
    "/api/load":{"get":{"summary":"Show the load","x-cli-name":"show",
        "x-cli-plot":{"series":"/series","time":"/points/*/t","value":"/points/*/v","unit":"/unit","labels":"/name"},
        "x-cli-columns":{"rows":"/series","columns":["name",{"path":"/points","name":"COURSE","format":"spark"}]},
        "responses":{"200":{"description":"","content":{"application/json":{"schema":{"type":"object"}}}}}}},
    "/api/sizes":{"get":{"x-cli-name":"sizes","responses":{}}},
    "/api/many":{"get":{"x-cli-name":"many","responses":{}}},
    "/api/raw":{"get":{"x-cli-name":"raw","responses":{}}},
    "/api/none":{"get":{"x-cli-name":"none","responses":{}}},
    "/api/text":{"get":{"x-cli-name":"text","responses":{"200":{"description":"","content":{"text/plain":{}}}}}}}}"#;

fn points(value: impl Fn(i64) -> serde_json::Value) -> Vec<serde_json::Value> {
    (0..60).map(|at| json!({"t": 1_772_452_800_000_i64 + at * 60_000, "v": value(at)})).collect()
}

fn load() -> (Sandbox, Server) {
    let series = json!({"unit": "bytes", "series": [
        {"name": "shop \u{1b}[31m<b>", "points": points(|at| json!(at * 1024))},
        {"name": "数据", "points": points(|at| if (20..40).contains(&at) { json!(null) } else { json!("NaN") })},
    ]})
    .to_string();
    let server = Server::start(move |request| {
        let path = request.path.split('?').next().unwrap();
        Reply::Bytes(match path.rsplit('/').next().unwrap() {
            "plugins" => json(r#"[{"name":"load","version":"2"}]"#),
            "openapi.json" => json(DOCUMENT),
            "load" if path.contains("/api/") => json(&series),
            "sizes" => json(r#"[{"name":"a","size":10},{"name":"b","size":20}]"#),
            "many" => {
                let rows = (0..1000).map(|at| json!({"name": format!("n{at}"), "size": at}));
                json(&serde_json::Value::from(rows.collect::<Vec<_>>()).to_string())
            }
            "raw" => json(
                r#"{"data":{"result":[{"metric":{"__name__":"up"},"values":[[1772452800,"1"],[1772452860,"2"]]}]}}"#,
            ),
            "none" => json(r#"{"name":"nothing"}"#),
            _ => response("404 Not Found", "text/plain", b"404 page not found\n"),
        })
    });
    let sandbox = Sandbox::new().with_server(&server.url()).with("CI", "1");
    sandbox.run("plugin refresh").success_silent();
    (sandbox, server)
}

#[test]
fn points_in_time_are_lines_between_axes() {
    let (sandbox, _server) = load();
    let text = sandbox.run("load show -o plot").success_silent();
    assert!(text.starts_with("bytes\n"), "{text}");
    assert!(text.contains("16Ki┤") && text.contains("2026-03-02 12:00:00 – 12:59:00 UTC"), "{text}");
    assert!(
        text.contains("* shop [31m<b>  last 59Ki  min 0  max 59Ki"),
        "no escape, and the last value: {text}"
    );
    assert!(text.contains("+ 数据") && text.contains("no values"), "{text}");
    let guessed = sandbox.run("load raw -o plot").success_silent();
    assert!(guessed.contains("━ up  last 2  min 1  max 2"), "{guessed}");
    let narrow = sandbox.run_with(["load", "show", "-o", "plot", "--log"]).success_silent();
    assert!(narrow.starts_with("bytes (log)\n"), "{narrow}");
    let course = sandbox.run("load show -o csv --columns name").success_silent();
    assert!(course.starts_with("NAME\n"), "{course}");
    let course = sandbox.run("load show").success_silent();
    assert!(course.contains("▁▁▁▂▂▂") && course.contains("█"), "{course}");
}

#[test]
fn categories_are_bars() {
    let (sandbox, _server) = load();
    let text = sandbox.run("load sizes -o plot").success_silent();
    let bars: Vec<usize> = text.lines().map(|line| line.matches('█').count()).collect();
    assert_eq!((bars.len(), bars[0]), (2, bars[1] / 2), "{text}");
    let text = sandbox.run_with(["load", "sizes", "-o", "plot", "--filter", ".size > 10"]).success_silent();
    assert!(text.starts_with('b') && text.lines().count() == 1, "{text}");
}

#[test]
fn a_picture_can_be_saved_as_svg() {
    let (sandbox, _server) = load();
    let output = sandbox.run("load show -o plot --output-file load.svg");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), "saved the plot to load.svg\n"));
    let svg = std::fs::read_to_string(sandbox.path("home/load.svg")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("&lt;b&gt;") && !svg.contains('\u{1b}') && !svg.contains("NaN"), "{svg}");
    let stderr = sandbox.run("load show -o plot --output-file load.pdf").stderr_failed(2);
    assert!(
        stderr.contains("-o plot writes SVG and PNG only\nhint: use --output-file load.svg\n"),
        "{stderr}"
    );
}

#[test]
fn a_picture_can_be_saved_as_png() {
    let (sandbox, _server) = load();
    let file = sandbox.path("home/load.PNG");
    let output = sandbox.run("load show -o plot --output-file load.PNG");
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), "saved the plot to load.PNG\n"));
    let png = std::fs::read(&file).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.ends_with(b"IEND\xaeB`\x82"), "{}", png.len());
    // Twice as wide as the SVG.
    assert_eq!(png[16..20], 1800u32.to_be_bytes());
    assert_eq!(sandbox.run("load show -o plot --output-file load.PNG").code, Some(0));
    assert!(png == std::fs::read(&file).unwrap(), "the same bytes each time");
}

#[test]
fn a_picture_that_is_too_high_leaves_no_file() {
    let (sandbox, _server) = load();
    let stderr = sandbox.run("load many -o plot --output-file many.png").stderr_failed(1);
    assert!(
        stderr.contains("the picture is too high for PNG\nhint: use --output-file many.svg\n"),
        "{stderr}"
    );
    assert!(!sandbox.path("home/many.png").exists());
    let output = sandbox.run("load many -o plot --output-file many.svg");
    assert_eq!(output.code, Some(0));
}

#[test]
fn what_has_no_points_says_what_was_looked_for() {
    let (sandbox, _server) = load();
    let stderr = sandbox.run("load none -o plot").stderr_failed(1);
    assert!(stderr.contains("-o plot: the response has no points: neither rows with a moment"), "{stderr}");
    for (line, expected) in [
        ("load text -o plot", "-o plot has no effect"),
        ("load show --log", "--log has no effect"),
        ("load show -o plot --columns name", "--columns is for tables"),
        ("load show -o plot --jq .", "--jq prints JSON"),
        ("plugin list -o plot", "-o plot is for commands of server plugins"),
        ("version -o plot", "-o plot is for commands of server plugins"),
    ] {
        let stderr = sandbox.run(line).stderr_failed(2);
        assert!(stderr.contains(expected), "{line}: {stderr}");
    }
}

use super::background::MOST_LINES;
use super::*;
use crate::cluster::testing::Folder;
use crate::msg::Msg;
use crate::want::ClusterId;
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, channel};

fn plugin(command: &Path) -> Plugin {
    Plugin {
        api_version: "client.authentication.k8s.io/v1".into(),
        command: command.display().to_string(),
        args: Vec::new(),
        env: Vec::new(),
        install_hint: None,
        provide_cluster_info: false,
        interactive: Interactive::Never,
    }
}

fn desk(policy: PluginPolicy, patience: PluginPatience) -> (Arc<Desk>, Receiver<Msg>) {
    let (outbox, inbox) = channel(5000);
    (Desk::new(ClusterId(1), outbox, policy, patience), inbox)
}

fn events(inbox: &mut Receiver<Msg>) -> Vec<ClusterEvent> {
    let mut events = Vec::new();
    while let Ok(Msg::Cluster(_, event)) = inbox.try_recv() {
        events.push(event);
    }
    events
}

const GOOD: &str =
    r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t0ken"}}'"#;

#[tokio::test]
async fn what_a_plugin_does_is_told_in_words() {
    let folder = Folder::new();
    let rows = [
        ("good", GOOD.to_owned(), Ok("t0ken")),
        ("exits", "echo 'see https://sign.in' >&2; echo secret; exit 3".to_owned(), Err("ended with exit code 3: see https://sign.in")),
        ("quiet", "exit 0".to_owned(), Err("printed nothing where credentials belong")),
        ("garbage", "echo 'tok: secret'".to_owned(), Err("printed something that is no ExecCredential in JSON (line 1, column 2)")),
        ("typed", r#"echo '{"kind":["secret"]}'"#.to_owned(), Err("printed something that is no ExecCredential in JSON (line 1, column 8)")),
        ("other", r#"echo '{"kind":"Pod"}'"#.to_owned(), Err("printed JSON that is no ExecCredential")),
        (
            "old",
            r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","status":{"token":"secret"}}'"#.to_owned(),
            Err("was asked for client.authentication.k8s.io/v1 and answered in another version"),
        ),
        (
            "empty",
            r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{}}'"#.to_owned(),
            Err("gave neither a token nor a certificate"),
        ),
        (
            "half",
            r#"echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientKeyData":"secret"}}'"#.to_owned(),
            Err("gave a certificate without its key, or a key without its certificate"),
        ),
        ("fails-after", format!("{GOOD}; exit 1"), Err("ended with exit code 1")),
        ("killed", "kill -9 $$".to_owned(), Err("was ended by signal 9")),
        ("floods", "head -c 3000000 /dev/zero".to_owned(), Err("printed more than 1 MiB where credentials belong")),
        ("reads", "read line && exit 7; exit 8".to_owned(), Err("ended with exit code 8")),
    ];
    for (name, body, expected) in rows {
        let (desk, _inbox) = desk(PluginPolicy::Allow, PluginPatience::default());
        let result = run(&plugin(&folder.script(name, &body)), &Value::Null, &desk).await;
        match (result, expected) {
            (Ok(given), Ok(token)) => assert_eq!(given.token.unwrap().expose(), token),
            (Err(failure), Err(words)) => {
                assert_eq!(
                    failure.message.as_str(),
                    format!("the credential plugin {name} {words}")
                );
                assert_eq!(failure.kind, FailureKind::Unauthenticated);
                assert!(!failure.message.as_str().contains("secret"));
            }
            (result, _) => panic!("{name}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn what_it_says_comes_line_by_line_and_clean() {
    let folder = Folder::new();
    let body = format!(
        r#"printf 'open https://sign.in/x\r\n\033[31mred\033[0m \033]0;title\007end\nprompt without end' >&2; {GOOD}"#
    );
    let (desk, mut inbox) = desk(PluginPolicy::Allow, PluginPatience::default());
    run(&plugin(&folder.script("talks", &body)), &Value::Null, &desk)
        .await
        .unwrap();
    let events = events(&mut inbox);
    let said: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            ClusterEvent::PluginSays(line) => Some(line.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(said, ["open https://sign.in/x", "red end", "prompt without end"]);
    assert!(matches!(events.last(), Some(ClusterEvent::PluginDone)));
}

#[tokio::test]
async fn a_flood_on_stderr_is_bounded() {
    let folder = Folder::new();
    let body = format!("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; {GOOD}");
    let (desk, mut inbox) = desk(PluginPolicy::Allow, PluginPatience::default());
    run(&plugin(&folder.script("floods", &body)), &Value::Null, &desk)
        .await
        .unwrap();
    let said = events(&mut inbox)
        .iter()
        .filter(|event| matches!(event, ClusterEvent::PluginSays(_)))
        .count();
    assert_eq!(said, MOST_LINES);
}

#[tokio::test]
async fn one_that_hangs_is_stopped_with_all_that_it_started() {
    let folder = Folder::new();
    let mark = folder.path().join("child");
    let body = format!("sh -c 'echo $$ > {}; sleep 600' & sleep 600", mark.display());
    let patience = PluginPatience {
        silent: Duration::from_millis(700),
        whole: Duration::from_secs(5),
    };
    let (desk, _inbox) = desk(PluginPolicy::Allow, patience);
    let failure = run(&plugin(&folder.script("hangs", &body)), &Value::Null, &desk)
        .await
        .unwrap_err();
    assert_eq!(
        failure.message.as_str(),
        "the credential plugin hangs did not end in time and was stopped"
    );
    let child: i32 = std::fs::read_to_string(&mark).unwrap().trim().parse().unwrap();
    let child = rustix::process::Pid::from_raw(child).unwrap();
    // It was told to end; the kernel takes a moment to do it, and init another to collect it.
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.as_raw_nonzero()));
        stat.map_or(true, |stat| stat.contains(") Z "))
    };
    tokio::time::timeout(Duration::from_secs(10), async {
        while !gone() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the plugin's child lives on");
}

#[tokio::test]
async fn one_that_talks_gets_more_time_but_not_for_ever() {
    let folder = Folder::new();
    let patience = PluginPatience {
        silent: Duration::from_millis(1500),
        whole: Duration::from_secs(30),
    };
    let (patient, _inbox) = desk(PluginPolicy::Allow, patience);
    let talks = folder.script(
        "talks",
        &format!("for i in 1 2 3 4 5; do echo $i >&2; sleep 0.4; done; {GOOD}"),
    );
    run(&plugin(&talks), &Value::Null, &patient).await.unwrap();
    let (short, _inbox) = desk(
        PluginPolicy::Allow,
        PluginPatience {
            whole: Duration::from_millis(800),
            ..patience
        },
    );
    assert!(run(&plugin(&talks), &Value::Null, &short).await.is_err());
}

#[tokio::test]
async fn it_can_be_given_up() {
    let folder = Folder::new();
    let (desk, mut inbox) = desk(PluginPolicy::Allow, PluginPatience::default());
    let plugin = plugin(&folder.script("waits", "echo go >&2; sleep 600"));
    let stop = async {
        while !matches!(inbox.recv().await, Some(Msg::Cluster(_, ClusterEvent::PluginSays(_)))) {}
        desk.give_up();
    };
    let (result, ()) = tokio::join!(run(&plugin, &Value::Null, &desk), stop);
    assert_eq!(result.unwrap_err().kind, FailureKind::Cancelled);
}

#[tokio::test]
async fn it_is_asked_for_and_the_answer_counts() {
    let folder = Folder::new();
    let mark = folder.path().join("ran");
    let mut plugin = plugin(&folder.script("asks", &format!("touch {}; {GOOD}", mark.display())));
    plugin.args = vec!["--secret-free".into()];
    plugin.install_hint = Some("apt install asks".into());
    for yes in [false, true] {
        let (desk, mut inbox) = desk(PluginPolicy::Ask, PluginPatience::default());
        let answer = async {
            match inbox.recv().await {
                Some(Msg::Cluster(_, ClusterEvent::PluginAsks { command, hint })) => {
                    assert_eq!(command.as_str(), format!("{} --secret-free", plugin.command));
                    assert_eq!(hint.unwrap().as_str(), "apt install asks");
                }
                other => panic!("{other:?}"),
            }
            assert!(!mark.exists(), "it ran before it was allowed");
            desk.allow(yes);
        };
        let (result, ()) = tokio::join!(run(&plugin, &Value::Null, &desk), answer);
        assert_eq!((result.is_ok(), mark.exists()), (yes, yes));
    }
    let (desk, _inbox) = desk(PluginPolicy::Deny, PluginPatience::default());
    assert!(run(&plugin, &Value::Null, &desk).await.is_err());
}

#[tokio::test]
async fn one_that_needs_a_terminal_waits_for_it() {
    let folder = Folder::new();
    let mut plugin = plugin(&folder.script("login", GOOD));
    plugin.interactive = Interactive::Always;
    let (desk, mut inbox) = desk(PluginPolicy::Allow, PluginPatience::default());
    let give = async {
        let asked = inbox.recv().await;
        assert!(
            matches!(asked, Some(Msg::Cluster(_, ClusterEvent::PluginNeedsTerminal { .. }))),
            "{asked:?}"
        );
        let run = desk.take_terminal_run().unwrap();
        tokio::task::spawn_blocking(move || run.run()).await.unwrap();
    };
    let (result, ()) = tokio::join!(run(&plugin, &Value::Null, &desk), give);
    assert_eq!(result.unwrap().token.unwrap().expose(), "t0ken");
}

#[tokio::test]
async fn it_is_told_what_it_asked_for() {
    let folder = Folder::new();
    let told = folder.path().join("told");
    let mut plugin = plugin(&folder.script(
        "plugin",
        &format!(
            "printf '%s %s' \"$REGION\" \"$KUBERNETES_EXEC_INFO\" > {}; {GOOD}",
            told.display()
        ),
    ));
    plugin.env = vec![("REGION".into(), Secret::new("eu".into()))];
    let info = json!({ "server": "https://a" });
    for wants in [false, true] {
        plugin.provide_cluster_info = wants;
        let (desk, _inbox) = desk(PluginPolicy::Allow, PluginPatience::default());
        run(&plugin, &info, &desk).await.unwrap();
        let text = std::fs::read_to_string(&told).unwrap();
        let (region, json) = text.split_once(' ').unwrap();
        assert_eq!(region, "eu");
        let json: Value = serde_json::from_str(json).unwrap();
        assert_eq!(json["kind"], "ExecCredential");
        assert_eq!(json["apiVersion"], "client.authentication.k8s.io/v1");
        assert_eq!(json["spec"]["interactive"], false);
        assert_eq!(json["spec"].get("cluster"), wants.then_some(&info));
    }
}

#[tokio::test]
async fn one_that_is_missing_says_how_to_install_it() {
    let folder = Folder::new();
    folder.write("not-executable", "#!/bin/sh\n");
    let (desk, _inbox) = desk(PluginPolicy::Allow, PluginPatience::default());
    let mut missing = plugin(Path::new("portolan-no-such-plugin"));
    missing.install_hint = Some("Install it with apt.".into());
    let failure = run(&missing, &Value::Null, &desk).await.unwrap_err();
    assert_eq!(
        failure.message.as_str(),
        "the credential plugin \"portolan-no-such-plugin\" was not found in PATH"
    );
    assert_eq!(failure.remedy.unwrap().as_str(), "Install it with apt.");
    let path = folder.path().join("not-executable");
    let failure = run(&plugin(&path), &Value::Null, &desk).await.unwrap_err();
    assert_eq!(
        failure.message.as_str(),
        format!("the credential plugin {} may not be executed", path.display())
    );
}

#[test]
fn the_time_of_expiry_is_read() {
    let plugin = plugin(Path::new("p"));
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let with = |time: &str| {
        let json = format!(
            r#"{{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{{"token":"t","expirationTimestamp":"{time}"}}}}"#
        );
        read(json.as_bytes(), &plugin, now).map(|given| given.life)
    };
    assert_eq!(with("2023-11-14T22:14:20Z").unwrap(), Some(Duration::from_secs(60)));
    assert_eq!(with("2001-01-01T00:00:00Z").unwrap(), Some(Duration::ZERO));
    assert_eq!(with("").unwrap(), None);
    assert!(with("soon").is_err());
}

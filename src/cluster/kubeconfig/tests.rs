use super::*;
use crate::cluster::testing::Folder;
use crate::msg::FailureKind;
use std::ffi::OsString;
use std::time::Duration;

fn places(folder: &Folder, list: Option<&[&Path]>) -> Places {
    Places {
        list: list.map(|files| std::env::join_paths(files).unwrap()),
        home: Some(folder.path().to_owned()),
        service: None,
        account: folder.path().join("account"),
    }
}

fn listed(files: &[&Path], folder: &Folder) -> Kubeconfig {
    Kubeconfig::new(Invocation::default(), places(folder, Some(files)))
}

fn loaded(event: ContextsEvent) -> (Vec<ContextInfo>, Option<ClusterId>, Vec<Clean>) {
    match event {
        ContextsEvent::Loaded {
            contexts,
            current,
            warnings,
        } => (contexts, current, warnings),
        other => panic!("{other:?}"),
    }
}

fn entry(name: &str, server: &str) -> String {
    format!(
        "current-context: {name}\ncontexts: [{{name: {name}, context: {{cluster: {name}, user: {name}, namespace: ns-{name}}}}}]\n\
         clusters: [{{name: {name}, cluster: {{server: \"{server}\"}}}}]\nusers: [{{name: {name}, user: {{token: t-{name}}}}}]\n"
    )
}

#[test]
fn what_is_wrong_with_a_file_is_said() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/invalid/kubeconfig");
    let nowhere = Folder::new();
    let mut names: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|found| found.unwrap().path())
        .collect();
    names.retain(|path| path.extension().is_some_and(|end| end == "yaml"));
    names.sort();
    assert!(names.len() >= 20);
    for path in names {
        let mut book = listed(&[&path], &nowhere);
        let mut said = match book.read() {
            ContextsEvent::Nothing(failure) => format!(
                "nothing: {}\n  {}\n",
                failure.message.as_str(),
                failure.remedy.unwrap().as_str()
            ),
            ContextsEvent::Loaded {
                contexts,
                current,
                warnings,
            } => {
                let mut said: String = warnings
                    .iter()
                    .map(|warning| format!("warning: {}\n", warning.as_str()))
                    .collect();
                for problem in contexts.iter().filter_map(|context| context.problem.as_ref()) {
                    said.push_str(&format!("problem: {}\n", problem.as_str()));
                }
                said.push_str(&format!("opens: {}\n", current.is_some()));
                said
            }
            other => panic!("{other:?}"),
        };
        said = said.replace(&format!("{}/", folder.display()), "");
        assert!(
            !said.contains("a-token-in"),
            "{} repeats a secret: {said}",
            path.display()
        );
        let expected = path.with_extension("txt");
        let text = std::fs::read_to_string(&expected).unwrap_or_default();
        if std::env::var_os("PORTOLAN_BLESS").is_some() {
            std::fs::write(&expected, &said).unwrap();
        } else {
            assert_eq!(said, text, "{}", path.display());
        }
    }
}

#[test]
fn the_first_file_to_define_a_name_wins() {
    let folder = Folder::new();
    let one = folder.write("one", &entry("shop", "https://one.example"));
    let two = folder.write("two", &entry("shop", "https://two.example"));
    let three = folder.write("three", &entry("bank", "https://bank.example"));
    let missing = folder.path().join("missing");
    let mut book = listed(&[&missing, Path::new(""), &one, &two, &one, &three], &folder);
    assert_eq!(book.files(), [missing, one.clone(), two, three.clone()]);
    let (contexts, current, warnings) = loaded(book.read());
    let seen: Vec<_> = contexts
        .iter()
        .map(|context| (context.name.as_str(), context.server.as_str(), context.file.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("shop", "https://one.example", one.to_str().unwrap()),
            ("bank", "https://bank.example", three.to_str().unwrap())
        ]
    );
    assert_eq!((current, warnings.len()), (Some(contexts[0].id), 0));
    assert_eq!(contexts[0].namespace.as_str(), "ns-shop");
    assert_eq!(contexts[0].auth.as_str(), "token");
}

#[test]
fn a_broken_file_does_not_hide_the_others() {
    let folder = Folder::new();
    let broken = folder.write("broken", "contexts: [");
    let binary = folder.path().join("binary");
    std::fs::write(&binary, [0xff, 0xfe, 0, 1]).unwrap();
    let huge = folder.path().join("huge");
    std::fs::File::create(&huge)
        .unwrap()
        .set_len(written::LONGEST + 1)
        .unwrap();
    let good = folder.write("good", &entry("shop", "https://one.example"));
    let mut book = listed(&[&broken, &binary, &huge, folder.path(), &good], &folder);
    let (contexts, current, warnings) = loaded(book.read());
    assert_eq!((contexts.len(), current, warnings.len()), (1, Some(contexts[0].id), 4));
    let said: Vec<&str> = warnings.iter().map(Clean::as_str).collect();
    for (warning, (file, words)) in said.iter().zip([
        (&broken, "it is not a kubeconfig that can be read"),
        (&binary, "not UTF-8"),
        (&huge, "larger than 32 MiB"),
        (&folder.path().to_owned(), "it is a directory"),
    ]) {
        assert!(
            warning.starts_with(&format!("{}: ", file.display())) && warning.contains(words),
            "{warning}"
        );
    }
}

#[test]
fn five_thousand_contexts_in_ten_megabytes_are_read() {
    let folder = Folder::new();
    let authority = "QUFB".repeat(500);
    let mut text = String::from("current-context: c4999\ncontexts:\n");
    (0..5000).for_each(|number| {
        text.push_str(&format!(
            "- name: c{number}\n  context: {{cluster: c{number}, user: c{number}}}\n"
        ))
    });
    text.push_str("clusters:\n");
    (0..5000).for_each(|number| {
        text.push_str(&format!(
            "- name: c{number}\n  cluster: {{server: 'https://c{number}', certificate-authority-data: {authority}}}\n"
        ));
    });
    text.push_str("users:\n");
    (0..5000).for_each(|number| text.push_str(&format!("- name: c{number}\n  user: {{token: t}}\n")));
    assert!(text.len() > 10_000_000);
    let file = folder.write("big", &text);
    let mut book = listed(&[&file], &folder);
    let (contexts, current, warnings) = loaded(book.read());
    assert_eq!(
        (contexts.len(), warnings.len(), current),
        (5000, 0, Some(contexts[4999].id)),
        "{warnings:?}"
    );
    assert!(contexts.iter().all(|context| context.problem.is_none()));
}

#[test]
fn paths_are_relative_to_their_file() {
    let folder = Folder::new();
    let file = folder.write(
        "deep/config",
        "contexts: [{name: shop, context: {cluster: shop, user: ann}}, {name: bare, context: {cluster: shop, user: bob}}]\n\
         clusters: [{name: shop, cluster: {server: 'https://shop', certificate-authority: pki/ca.crt}}]\n\
         users:\n\
         - name: ann\n  user: {client-certificate: ann.crt, client-key: /etc/ann.key, tokenFile: token, \
           exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/login}}\n\
         - name: bob\n  user: {exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws, args: [a, b]}}\n",
    );
    let deep = folder.path().join("deep");
    let mut book = listed(&[&file], &folder);
    let target = book.open("shop").unwrap();
    assert_eq!(target.authority, Some(Material::File(deep.join("pki/ca.crt"))));
    let certificate = Some((
        Material::File(deep.join("ann.crt")),
        Material::File("/etc/ann.key".into()),
    ));
    assert_eq!(target.user.certificate, certificate);
    assert_eq!(target.user.token_file, Some(deep.join("token")));
    assert_eq!(
        target.user.plugin.unwrap().command,
        deep.join("./bin/login").display().to_string()
    );
    let plugin = book.open("bare").unwrap().user.plugin.unwrap();
    assert_eq!(
        (plugin.command.as_str(), plugin.args.as_slice()),
        ("aws", ["a".to_owned(), "b".to_owned()].as_slice())
    );
}

#[test]
fn how_a_user_signs_in_is_said_in_words() {
    let folder = Folder::new();
    let rows = [
        ("{token: a}", "token"),
        ("{tokenFile: a}", "token file"),
        ("{username: a, password: b}", "name and password"),
        ("{client-certificate: a, client-key: b}", "client certificate"),
        (
            "{exec: {apiVersion: client.authentication.k8s.io/v1, command: /opt/aws}}",
            "exec aws",
        ),
        ("{auth-provider: {name: gcp}}", "auth-provider gcp"),
        ("{}", "none"),
        ("null", "none"),
    ];
    for (user, expected) in rows {
        let file = folder.write(
            "config",
            &format!(
                "contexts: [{{name: a, context: {{cluster: a, user: a}}}}]\nclusters: [{{name: a, cluster: {{server: 'https://a'}}}}]\n\
                 users: [{{name: a, user: {user}}}]"
            ),
        );
        let (contexts, ..) = loaded(listed(&[&file], &folder).read());
        assert_eq!(contexts[0].auth.as_str(), expected, "{user}");
    }
}

#[test]
fn no_credentials_go_over_a_plain_connection() {
    let folder = Folder::new();
    let file = folder.write("config", &entry("shop", "http://shop.example"));
    assert_eq!(listed(&[&file], &folder).open("shop").unwrap().user, User::default());
}

#[test]
fn the_command_line_counts_first() {
    let folder = Folder::new();
    let file = folder.write(
        "config",
        &format!(
            "{}{}",
            entry("shop", "https://shop.example").replace("token: t-shop", "token: t, as: eve, as-groups: [x]"),
            ""
        ),
    );
    folder.write(".kube/config", &entry("home", "https://home.example"));
    let (contexts, ..) = loaded(Kubeconfig::new(Invocation::default(), places(&folder, None)).read());
    assert_eq!(contexts[0].name, "home");

    let mut book = listed(&[&file], &folder);
    assert_eq!(loaded(book.read()).0[0].acting_as.as_ref().unwrap().as_str(), "eve (x)");

    let invocation = Invocation {
        kubeconfig: Some(file),
        context: Some("shop".into()),
        namespace: Some("mine".into()),
        acting_as: Some("ann".into()),
        acting_groups: vec!["dev".into()],
    };
    let mut book = Kubeconfig::new(invocation, places(&folder, Some(&[Path::new("/nowhere")])));
    let (contexts, current, _) = loaded(book.read());
    assert_eq!(
        (contexts[0].namespace.as_str(), current),
        ("mine", Some(contexts[0].id))
    );
    assert_eq!(contexts[0].acting_as.as_ref().unwrap().as_str(), "ann (dev)");
    let acting_as = book.open("shop").unwrap().acting_as;
    assert_eq!(
        acting_as,
        ActingAs {
            user: Some("ann".into()),
            groups: vec!["dev".into()],
            ..ActingAs::default()
        }
    );
}

#[test]
fn a_context_that_is_not_there_is_said_with_the_nearest() {
    let folder = Folder::new();
    let file = folder.write("config", &entry("shop", "https://shop.example"));
    let invocation = Invocation {
        context: Some("shpo".into()),
        ..Invocation::default()
    };
    let (_, current, warnings) = loaded(Kubeconfig::new(invocation, places(&folder, Some(&[&file]))).read());
    assert_eq!(current, None);
    assert_eq!(
        warnings[0].as_str(),
        "There is no context \"shpo\" (asked for with --context) in the kubeconfig. Did you mean \"shop\"?"
    );
}

#[test]
fn ids_stay_while_the_file_changes() {
    let folder = Folder::new();
    let file = folder.write("config", &entry("shop", "https://one"));
    let mut book = listed(&[&file], &folder);
    let before = loaded(book.read()).0[0].id;
    folder.write(
        "config",
        "contexts: [{name: new, context: {cluster: c}}, {name: shop, context: {cluster: c}}]",
    );
    let (contexts, ..) = loaded(book.read());
    assert_eq!((contexts[1].name.as_str(), contexts[1].id), ("shop", before));
    assert_ne!(contexts[0].id, before);
}

#[test]
fn without_a_kubeconfig_it_says_what_to_do() {
    let folder = Folder::new();
    let gone = folder.path().join("gone");
    let rows: [(Option<PathBuf>, Option<OsString>, String); 3] = [
        (
            None,
            None,
            format!(
                "there is no kubeconfig: {} does not exist",
                folder.path().join(".kube/config").display()
            ),
        ),
        (
            None,
            Some(gone.clone().into()),
            format!("there is no kubeconfig: {} does not exist", gone.display()),
        ),
        (
            Some(gone.clone()),
            None,
            format!(
                "{}: there is no such file. Check the path after --kubeconfig.",
                gone.display()
            ),
        ),
    ];
    for (kubeconfig, list, expected) in rows {
        let places = Places {
            list,
            ..places(&folder, None)
        };
        match Kubeconfig::new(
            Invocation {
                kubeconfig,
                ..Invocation::default()
            },
            places,
        )
        .read()
        {
            ContextsEvent::Nothing(failure) => {
                assert_eq!(failure.message.as_str(), expected);
                assert_eq!(failure.kind, FailureKind::Configuration);
                assert!(failure.remedy.unwrap().as_str().contains("--demo"));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn in_a_pod_the_service_account_is_used() {
    let folder = Folder::new();
    for (name, text) in [("token", "t"), ("ca.crt", "pem"), ("namespace", "shop\n")] {
        folder.write(&format!("account/{name}"), text);
    }
    let places = Places {
        service: Some(("fd00::1".into(), "443".into())),
        ..places(&folder, None)
    };
    let mut book = Kubeconfig::new(Invocation::default(), places);
    let (contexts, current, _) = loaded(book.read());
    assert_eq!(
        (contexts[0].name.as_str(), contexts[0].namespace.as_str(), current),
        (IN_CLUSTER, "shop", Some(contexts[0].id))
    );
    let target = book.open(IN_CLUSTER).unwrap();
    assert_eq!(target.server.to_string(), "https://[fd00::1]:443/");
    assert_eq!(target.user.token_file, Some(folder.path().join("account/token")));
}

#[test]
fn a_secret_does_not_print_itself() {
    let folder = Folder::new();
    let file = folder.write("config", &entry("shop", "https://shop.example"));
    let target = listed(&[&file], &folder).open("shop").unwrap();
    assert_eq!(target.user.token.as_ref().unwrap().expose(), "t-shop");
    assert!(!format!("{target:?}").contains("t-shop"));
}

#[tokio::test]
async fn a_change_on_disk_is_announced_once() {
    let folder = Folder::new();
    let file = folder.write("config", "a");
    let later = folder.path().join("later");
    let (outbox, mut inbox) = tokio::sync::mpsc::channel(8);
    let task = tokio::spawn(watch(
        vec![file.clone(), later.clone()],
        Duration::from_millis(5),
        outbox,
    ));
    let mut announced = async || match tokio::time::timeout(Duration::from_secs(20), inbox.recv())
        .await
        .unwrap()
    {
        Some(crate::msg::Msg::Contexts(ContextsEvent::Changed { file })) => file.as_str().to_owned(),
        other => panic!("{other:?}"),
    };
    // The first look has to be over before something changes: a change that it sees tells so.
    let mut text = String::from("a");
    let first = loop {
        text.push('b');
        std::fs::write(&file, &text).unwrap();
        if let Ok(file) = tokio::time::timeout(Duration::from_millis(50), announced()).await {
            break file;
        }
    };
    assert_eq!(first, file.display().to_string());
    std::fs::write(&later, "new").unwrap();
    loop {
        let said = announced().await;
        if said == later.display().to_string() {
            break;
        }
        assert_eq!(said, file.display().to_string());
    }
    std::fs::remove_file(&file).unwrap();
    assert_eq!(announced().await, file.display().to_string());
    task.abort();
}

//! Logs on whole servers: the same assertions on the demo and on the real cluster where both can have them, and what only
//! real containers can do. The real cluster is named by `PORTOLAN_TEST_KUBECONFIG`; without it that half says so and passes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod support;

use portolan::kinds::Uid;
use portolan::msg::{LogMark, LogPhase};
use portolan::want::{LogStart, LogWant};
use serde_json::{Value, json};
use support::world::LABEL;
use support::{Driver, World};

/// A pod of one container that runs a script.
fn pod(namespace: &str, name: &str, policy: &str, script: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"restartPolicy": policy, "terminationGracePeriodSeconds": 1, "containers": [
            {"name": "main", "image": "busybox:1.35", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", script]}]}})
}

/// A namespace of its own on the real cluster, and a pod that runs in it.
async fn real_pod(world: &World, driver: &mut Driver, policy: &str, script: &str) -> (String, Uid) {
    let space = world.namespace("logs");
    let namespaces = driver.resource("", "namespaces");
    let object = json!({"apiVersion": "v1", "kind": "Namespace",
        "metadata": {"name": space, "labels": {(LABEL): world.run}}});
    world.second.create(&namespaces, &object).await;
    let pods = driver.resource("", "pods");
    let want = driver.list(&pods.name, &[&space], "", "");
    driver.settled(&want).await;
    // The account of a new namespace comes a moment later.
    let mut tries = 0;
    while !world
        .second
        .try_create(
            &format!("/api/v1/namespaces/{space}/pods"),
            &pod(&space, "main", policy, script),
        )
        .await
    {
        tries += 1;
        assert!(tries < 50, "the pod cannot be created");
        driver
            .meanwhile(tokio::time::sleep(std::time::Duration::from_millis(200)))
            .await;
    }
    let uid = driver
        .until("the pod is listed", 10, |driver| {
            driver.pods(&want).first().map(|pod| pod.1.clone())
        })
        .await;
    (space, uid)
}

/// A line for a message.
fn shown(line: &[u8]) -> String {
    match line {
        [first, rest @ ..] if line.len() > 1000 && rest.iter().all(|byte| byte == first) => {
            format!("{} times {}", line.len(), first.escape_ascii())
        }
        _ if line.len() > 1000 => format!(
            "{} bytes, {} of them x",
            line.len(),
            line.iter().filter(|b| **b == b'x').count()
        ),
        _ => line.escape_ascii().to_string(),
    }
}

async fn ended(driver: &mut Driver, want: &LogWant, seconds: u64) {
    driver
        .until("the log ends", seconds, |driver| {
            driver.logs[want].has_ended().then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_is_followed_from_before_its_start_to_its_end() {
    let Some(world) = World::real() else { return };
    let _cleanup = world.cleanup();
    let mut driver = Driver::connected(world.way.clone()).await;
    let script = r#"i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "line $i"; echo "error $i" >&2; sleep 0.05; done
        printf 'carriage\r\n'; printf 'zero\000and\377bytes\n\n'; head -c 40000 /dev/zero | tr '\0' x; echo; printf 'no end'; exit 3"#;
    let (space, uid) = real_pod(&world, &mut driver, "Never", script).await;
    let all = driver.follow((&space, "main", &uid), "main", LogStart::All, false);
    ended(&mut driver, &all, 60).await;
    let log = &driver.logs[&all];
    assert_eq!(log.marks, [], "{:?}", log.phases);
    let Some((_, LogPhase::Ended(words))) = log.phases.last() else {
        panic!("{:?}", log.phases)
    };
    assert!(words.as_str().contains("exit code 3"), "{words}");
    let numbered = |word: &str| -> Vec<String> {
        let texts = log.texts().into_iter().filter(|text| text.starts_with(word));
        texts.collect()
    };
    for word in ["line", "error"] {
        let wanted: Vec<String> = (1..=40).map(|number| format!("{word} {number}")).collect();
        assert_eq!(numbered(word), wanted);
    }
    // This runtime takes the carriage return itself.
    let rest: Vec<String> = log.lines.iter().skip(80).map(|line| shown(&line.1)).collect();
    assert_eq!(
        rest,
        ["carriage", "zero\\x00and\\xffbytes", "", "40000 times x", "no end"]
    );
    assert!(log.lines.windows(2).all(|two| two[0].0 <= two[1].0 + 100_000_000));

    // kubectl gets the same lines under the same stamps, whatever part is asked for.
    for (start, args) in [
        (LogStart::Tail(7), vec!["--tail=7"]),
        (LogStart::Tail(0), vec!["--tail=0"]),
        (LogStart::All, vec![]),
    ] {
        let some = driver.follow((&space, "main", &uid), "main", start, false);
        driver.logs.get_mut(&some).unwrap().lines.clear();
        ended(&mut driver, &some, 20).await;
        let args: Vec<&str> = [&["logs", "main", "-n", &space][..], &args].concat();
        let printed = driver.meanwhile(world.second.run(&args, "")).await.unwrap();
        let printed: Vec<&str> = printed.lines().collect();
        let ours: Vec<String> = driver.logs[&some]
            .texts()
            .into_iter()
            .map(|text| text.trim_end_matches('\r').to_owned())
            .collect();
        assert_eq!(ours, printed, "{start:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_goes_on_across_restarts() {
    let Some(world) = World::real() else { return };
    let _cleanup = world.cleanup();
    let mut driver = Driver::connected(world.way.clone()).await;
    // Each instance writes as fast as it can until it dies; the last one stays.
    let script = r#"n=$(cat /dev/shm/count 2>/dev/null || echo 0); echo $((n+1)) >/dev/shm/count; i=0
        while [ $i -lt 2000 ]; do i=$((i+1)); echo "instance $n line $i"; done; [ $n -lt 2 ] && exit $((n+4)); sleep 3600"#;
    let (space, uid) = real_pod(&world, &mut driver, "Always", script).await;
    let want = driver.follow((&space, "main", &uid), "main", LogStart::All, false);
    driver
        .until("two restarts are read", 90, |driver| {
            let log = &driver.logs[&want];
            let restarts = log
                .marks
                .iter()
                .filter(|mark| matches!(mark.1, LogMark::Restarted(_)))
                .count();
            (restarts >= 2 && log.lines.len() >= 6000).then_some(())
        })
        .await;
    let log = &driver.logs[&want];
    println!("{:?}", log.phases.iter().map(|phase| &phase.1).collect::<Vec<_>>());
    let wanted: Vec<String> = (0..3)
        .flat_map(|instance| (1..=2000).map(move |line| format!("instance {instance} line {line}")))
        .collect();
    assert!(log.texts() == wanted, "{} lines", log.lines.len());
    let words = |words: &str| LogMark::Restarted(portolan::text::Clean::new(words));
    assert_eq!(
        log.marks,
        [(2000, words("exit code 4, Error")), (4000, words("exit code 5, Error"))]
    );
    // From the instance before on.
    let previous = driver.follow((&space, "main", &uid), "main", LogStart::All, true);
    driver
        .until("the previous and the current instance", 20, |driver| {
            (driver.logs[&previous].lines.len() >= 4000).then_some(())
        })
        .await;
    let log = &driver.logs[&previous];
    assert!(log.texts() == wanted[2000..], "{} lines", log.lines.len());
    assert_eq!(log.marks, [(2000, words("exit code 5, Error"))]);
}

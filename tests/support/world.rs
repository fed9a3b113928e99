//! The worlds in which the same assertions are made: the demo in memory, the demo on a port, and the real cluster.

use super::second::Second;
use portolan::cluster::kubeconfig::{Invocation, Kubeconfig, Places};
use portolan::cluster::session::{ReadTarget, Way};
use portolan::demo::{Demo, DemoOptions, Life, Profile};
use portolan::msg::ContextsEvent;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// A server to test against, and what is known of it beside.
pub struct World {
    /// For messages.
    pub name: &'static str,
    /// How the driver gets there.
    pub way: Way,
    /// The second client, with an administrator's rights.
    pub second: Second,
    /// What is different in every run: a short word that can stand in any name.
    pub run: String,
    /// The minor version whose printers it has, where that is not the server's: the demo prints as the newest do,
    /// whatever version it plays.
    pub printers: Option<u32>,
    /// The demo, when it is one.
    pub demo: Option<Demo>,
    tasks: Vec<JoinHandle<()>>,
    scratch: Option<PathBuf>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        if let Some(folder) = &self.scratch {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Removes everything of a run when it is dropped: whatever carries its label, and the pods that would hold that up.
pub struct Cleanup {
    second: Second,
    run: String,
}

/// The label by which objects of a run are found again.
pub const LABEL: &str = "portolan-conformance";

impl Drop for Cleanup {
    fn drop(&mut self) {
        let Second::Kubectl {
            program, kubeconfig, ..
        } = &self.second
        else {
            return;
        };
        let kubectl = |args: &[&str]| {
            let mut command = std::process::Command::new(program);
            let out = command.arg("--kubeconfig").arg(kubeconfig).args(args).output();
            out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned())
                .unwrap_or_default()
        };
        let label = format!("{LABEL}={}", self.run);
        for namespace in kubectl(&["get", "ns", "-l", &label, "-o", "name"]).lines() {
            let name = namespace.trim_start_matches("namespace/");
            // Else those that do not heed their end hold the namespace for as long as they were given.
            kubectl(&[
                "delete",
                "deploy,rs,rc,sts,ds,job,cj",
                "--all",
                "-n",
                name,
                "--wait=false",
            ]);
            kubectl(&[
                "delete",
                "pods",
                "--all",
                "-n",
                name,
                "--grace-period=0",
                "--force",
                "--wait=false",
            ]);
        }
        let kinds = "crd,ns,pv,sc,pc,ingressclass,clusterrole,clusterrolebinding,runtimeclass,csidriver,\
            volumeattachment,validatingwebhookconfiguration";
        kubectl(&["delete", kinds, "-l", &label, "--wait=false"]);
    }
}

/// The word of this run.
fn run_word() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("r{:08x}", RandomState::new().hash_one(std::process::id()) as u32)
}

impl World {
    /// The living demo over streams in memory. The second client prints Tables by itself.
    pub fn demo_in_memory() -> World {
        World::of_demo("demo", Profile::Modern)
    }

    /// The same, as a server of the age of the real one.
    pub fn old_demo_in_memory() -> World {
        World::of_demo("demo of 1.20", Profile::Old)
    }

    fn of_demo(name: &'static str, profile: Profile) -> World {
        let demo = Demo::new(DemoOptions {
            life: Life::Running,
            profile,
            ..DemoOptions::default()
        });
        let serving = demo.clone();
        World {
            name,
            way: Way::InMemory(Arc::new(move || serving.serve())),
            second: Second::Printer(demo.clone()),
            run: run_word(),
            printers: Some(u32::MAX),
            tasks: vec![demo.live()],
            demo: Some(demo),
            scratch: None,
        }
    }

    /// The demo on a port, with kubectl as the second client; None, said in the output, where there is no kubectl.
    pub async fn demo_on_a_port() -> Option<World> {
        let Some(program) = kubectl() else {
            println!("skipped: there is no kubectl (set PORTOLAN_TEST_KUBECTL)");
            return None;
        };
        let mut world = World::demo_in_memory();
        let demo = world.demo.clone()?;
        let folder = std::env::temp_dir().join(format!("portolan-conformance-{}", world.run));
        std::fs::create_dir_all(&folder).unwrap();
        let kubeconfig = folder.join("kubeconfig");
        let (_, task) = demo.listen("127.0.0.1:0".parse().unwrap(), &kubeconfig).await.unwrap();
        world.name = "demo on a port";
        world.way = context_of(&kubeconfig);
        world.second = Second::Kubectl {
            program,
            kubeconfig,
            cache: folder.join("cache"),
        };
        world.tasks.push(task);
        world.scratch = Some(folder);
        Some(world)
    }

    /// The real cluster; None, said in the output, where none is named.
    pub fn real() -> Option<World> {
        let Some(kubeconfig) = std::env::var_os("PORTOLAN_TEST_KUBECONFIG").map(PathBuf::from) else {
            println!("skipped: no real cluster is named (set PORTOLAN_TEST_KUBECONFIG)");
            return None;
        };
        let program = kubectl().expect("a real cluster is compared by kubectl: set PORTOLAN_TEST_KUBECTL");
        let run = run_word();
        let folder = std::env::temp_dir().join(format!("portolan-conformance-{run}"));
        std::fs::create_dir_all(&folder).unwrap();
        Some(World {
            name: "real cluster",
            way: context_of(&kubeconfig),
            second: Second::Kubectl {
                program,
                kubeconfig,
                cache: folder.join("cache"),
            },
            run,
            printers: None,
            demo: None,
            tasks: Vec::new(),
            scratch: Some(folder),
        })
    }

    /// The name of a namespace of this run's own.
    pub fn namespace(&self, what: &str) -> String {
        format!("conformance-{}-{what}", self.run)
    }

    /// What is to be removed from a real cluster when this run ends, however it ends.
    pub fn cleanup(&self) -> Cleanup {
        Cleanup {
            second: self.second.clone(),
            run: self.run.clone(),
        }
    }
}

/// Where kubectl is: as the environment says, else in the path.
fn kubectl() -> Option<PathBuf> {
    if let Some(program) = std::env::var_os("PORTOLAN_TEST_KUBECTL") {
        return Some(PathBuf::from(program));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("kubectl"))
        .find(|program| program.is_file())
}

/// The current context of a kubeconfig.
pub fn context_of(file: &Path) -> Way {
    let file = file.to_owned();
    let read: ReadTarget = Arc::new(move || {
        let invocation = Invocation {
            kubeconfig: Some(file.clone()),
            ..Invocation::default()
        };
        let places = Places {
            list: None,
            home: None,
            service: None,
            account: PathBuf::new(),
        };
        let mut kubeconfig = Kubeconfig::new(invocation, places);
        let name = match kubeconfig.read() {
            ContextsEvent::Loaded {
                contexts,
                current: Some(current),
                ..
            } => contexts.into_iter().find(|context| context.id == current).unwrap().name,
            other => panic!("{}: {other:?}", file.display()),
        };
        kubeconfig.open(&name)
    });
    Way::Context(read)
}

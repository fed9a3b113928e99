//! The second client: kubectl where there is one, else the server's own Table printed by kubectl's rules. It says what
//! the cells should be, and it is the hand that changes things from outside.

use super::sheet::Sheet;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use portolan::demo::Demo;
use portolan::kinds::Resource;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;

/// Another client of the same server.
#[derive(Clone)]
pub enum Second {
    /// kubectl.
    Kubectl {
        /// Its program.
        program: PathBuf,
        /// Whose rights it has.
        kubeconfig: PathBuf,
        /// Where it keeps what it has discovered.
        cache: PathBuf,
    },
    /// Plain requests; it prints the server's Table as kubectl does.
    Printer(Demo),
}

/// Which objects are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ask<'a> {
    /// In this namespace; None is all of them.
    pub namespace: Option<&'a str>,
    /// Label selector.
    pub labels: &'a str,
    /// Field selector.
    pub fields: &'a str,
}

impl Second {
    /// The program and its kubeconfig, where it is kubectl.
    pub fn kubectl(&self) -> Option<(PathBuf, PathBuf)> {
        match self {
            Second::Kubectl {
                program, kubeconfig, ..
            } => Some((program.clone(), kubeconfig.clone())),
            Second::Printer(_) => None,
        }
    }

    /// What `kubectl get KIND -A -o wide` prints. None when the server answers with an error, which is returned.
    ///
    /// # Errors
    /// What the server or kubectl said.
    pub async fn get(&self, resource: &Resource, ask: Ask<'_>) -> Result<Sheet, String> {
        match self {
            Second::Kubectl { .. } => {
                let name = resource.name.to_string();
                let mut args = vec!["get", &name, "-o", "wide"];
                match ask.namespace {
                    Some(namespace) => args.extend(["-n", namespace]),
                    None => args.push("-A"),
                }
                if !ask.labels.is_empty() {
                    args.extend(["-l", ask.labels]);
                }
                if !ask.fields.is_empty() {
                    args.extend(["--field-selector", ask.fields]);
                }
                self.run(&args, "").await.map(|text| Sheet::of_text(&text))
            }
            Second::Printer(_) => {
                let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
                let mut path = collection(resource, ask.namespace);
                let mut join = '?';
                for (key, value) in [("labelSelector", ask.labels), ("fieldSelector", ask.fields)] {
                    if !value.is_empty() {
                        path.push_str(&format!("{join}{key}={}", encoded(value)));
                        join = '&';
                    }
                }
                let (code, answer) = self.request("GET", &path, accept, None).await;
                match code {
                    200 => Ok(Sheet::of_table(&answer, resource.namespaced && ask.namespace.is_none())),
                    _ => Err(answer.to_string()),
                }
            }
        }
    }

    /// Creates an object.
    pub async fn create(&self, resource: &Resource, object: &Value) {
        match self {
            Second::Kubectl { .. } => {
                self.run(&["create", "-f", "-"], &object.to_string()).await.unwrap();
            }
            Second::Printer(_) => {
                let namespace = object["metadata"]["namespace"].as_str();
                let path = collection(resource, namespace);
                let (code, answer) = self.request("POST", &path, "application/json", Some(object)).await;
                assert!(code == 201, "{path}: {answer}");
            }
        }
    }

    /// Creates an object under this path if the server serves it already. Whether it did.
    pub async fn try_create(&self, path: &str, object: &Value) -> bool {
        match self {
            Second::Kubectl { .. } => {
                let args = ["create", "--raw", path, "-f", "-"];
                self.run(&args, &object.to_string()).await.is_ok()
            }
            Second::Printer(_) => self.request("POST", path, "application/json", Some(object)).await.0 == 201,
        }
    }

    /// Changes an object by a merge patch.
    pub async fn patch(&self, resource: &Resource, namespace: &str, name: &str, patch: &Value) {
        match self {
            Second::Kubectl { .. } => {
                let (kind, patch) = (resource.name.to_string(), patch.to_string());
                let args = ["patch", &kind, name, "-n", namespace, "--type", "merge", "-p", &patch];
                self.run(&args, "").await.unwrap();
            }
            Second::Printer(_) => {
                let path = format!("{}/{name}", collection(resource, Some(namespace)));
                let (code, answer) = self.request("PATCH", &path, "application/json", Some(patch)).await;
                assert!(code == 200, "{path}: {answer}");
            }
        }
    }

    /// Deletes an object, without waiting until it is gone; that it is not there is fine.
    pub async fn delete(&self, resource: &Resource, namespace: &str, name: &str) {
        match self {
            Second::Kubectl { .. } => {
                let kind = resource.name.to_string();
                let mut args = vec!["delete", &kind, name, "--wait=false", "--ignore-not-found"];
                if resource.namespaced {
                    args.extend(["-n", namespace]);
                }
                self.run(&args, "").await.unwrap();
            }
            Second::Printer(_) => {
                let namespace = resource.namespaced.then_some(namespace);
                let path = format!("{}/{name}", collection(resource, namespace));
                let (code, answer) = self.request("DELETE", &path, "application/json", None).await;
                assert!(matches!(code, 200 | 202 | 404), "{path}: {answer}");
            }
        }
    }

    /// Runs kubectl with these arguments and this input.
    ///
    /// # Errors
    /// What it said on stderr.
    pub async fn run(&self, args: &[&str], input: &str) -> Result<String, String> {
        let Second::Kubectl {
            program,
            kubeconfig,
            cache,
        } = self
        else {
            panic!("there is no kubectl to run {args:?}")
        };
        let mut child = tokio::process::Command::new(program)
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .arg("--cache-dir")
            .arg(cache)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A kubectl that reads no input closes it: that is no failure.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let out = child.wait_with_output().await.unwrap();
        match out.status.success() {
            true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
            false => Err(format!("kubectl {args:?}: {}", String::from_utf8_lossy(&out.stderr))),
        }
    }

    /// One plain request to the demo; its code and its document.
    async fn request(&self, method: &str, path: &str, accept: &str, body: Option<&Value>) -> (u16, Value) {
        let Second::Printer(demo) = self else {
            panic!("{method} {path}: kubectl makes its own requests")
        };
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(demo.serve()))
            .await
            .unwrap();
        let task = tokio::spawn(connection);
        let content = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", "demo")
            .header("accept", accept)
            .header("content-type", content)
            .body(Full::new(Bytes::from(body.map(Value::to_string).unwrap_or_default())))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let code = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        task.abort();
        let document = serde_json::from_slice(&bytes);
        (
            code,
            document.unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned())),
        )
    }
}

/// The path of a collection.
pub fn collection(resource: &Resource, namespace: Option<&str>) -> String {
    let group = match resource.name.group.as_str() {
        "" => format!("/api/{}", resource.version.as_str()),
        group => format!("/apis/{group}/{}", resource.version.as_str()),
    };
    let namespace = namespace.map(|name| format!("/namespaces/{name}")).unwrap_or_default();
    format!("{group}{namespace}/{}", resource.name.resource.as_str())
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

//! The shop.
use super::DemoOptions;
use super::store::Store;
use serde_json::json;

/// Fills the store.
pub(super) fn build(store: &mut Store, options: &DemoOptions) {
    if let Some(r) = store.resource("", "namespaces") {
        for name in ["default", "kube-system", "shop"] {
            store.put(
                r.id,
                json!({"metadata": {"name": name}, "status": {"phase": "Active"}}),
                options.start - 86_400,
            );
        }
    }
    store.compact();
}

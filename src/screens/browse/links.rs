//! Where a row leads: the kind's own links, its owner, its node, its namespace.

use super::Browse;
use crate::kinds::{ResourceName, Target};
use crate::screens::{Ctx, ListPlace, Picker, Place, Popup, Request, Shared, Tone};
use crate::text::Clean;

impl Browse {
    /// `deployment cart`, as the trail of what is opened from a row.
    pub(super) fn trail(&self, row: crate::store::RowRef, content: &crate::kinds::Row) -> Clean {
        let kind = self.kind_of(row).map_or_else(
            || {
                self.lists
                    .get(usize::from(row.table))
                    .map_or(String::new(), |list| list.resource.resource.as_str().to_owned())
            },
            |kind| kind.kind.to_lowercase(),
        );
        Clean::new(&format!("{kind} {}", content.name))
    }

    /// What Enter follows: the first of the kind's own links. What every object has (an owner, a namespace) is no way on.
    pub(super) fn first_link(&self, shared: &Shared) -> Option<Target> {
        let (row, content) = self.current(shared)?;
        self.kind_of(row)?.links.iter().find_map(|link| (link.target)(content))
    }

    /// The ways from a row: the kind's own links, then what every object may have.
    pub(super) fn links(&self, shared: &Shared) -> Vec<(Clean, Target)> {
        let Some((row, content)) = self.current(shared) else {
            return Vec::new();
        };
        let own = self.kind_of(row).map_or(&[][..], |kind| kind.links);
        let mut links: Vec<(Clean, Target)> = own
            .iter()
            .filter_map(|link| Some((Clean::new(link.name), (link.target)(content)?)))
            .collect();
        if let Some(target) = owner_target(content) {
            links.push((Clean::new("owner"), target));
        }
        if !content.namespace.is_empty() {
            links.push((
                Clean::new("everything in its namespace"),
                Target::Kinds {
                    namespace: content.namespace.clone(),
                },
            ));
        }
        links
    }
}

fn owner_target(row: &crate::kinds::Row) -> Option<Target> {
    let owner = row.owner.as_ref()?;
    Some(Target::List {
        resource: ResourceName {
            group: owner.group.clone(),
            resource: owner.kind.clone(),
        },
        namespace: row.namespace.clone(),
        labels: Clean::default(),
        fields: Clean::new(&format!("metadata.name={}", owner.name)),
        owner: None,
    })
}

/// The node of the row under the cursor: one it names, or the one its kind's link leads to.
pub(super) fn node_of(browse: &Browse, shared: &Shared) -> Option<Clean> {
    let (row, content) = browse.current(shared)?;
    let named = content.fact(|fact| match fact {
        crate::kinds::Fact::Node(node) if !node.is_empty() => Some(node.clone()),
        _ => None,
    });
    let linked = || {
        let links = browse.kind_of(row)?.links;
        let target = links.iter().find(|link| link.name == "node")?.target;
        match target(content)? {
            Target::List { fields, .. } => fields.as_str().strip_prefix("metadata.name=").map(Clean::new),
            _ => None,
        }
    };
    named.or_else(linked)
}

pub(super) fn open_row(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    if let (Some((row, content)), Some(target)) = (browse.current(ctx.shared), browse.first_link(ctx.shared)) {
        let trail = browse.trail(row, content);
        ctx.ask(Request::Follow {
            cluster: browse.place.cluster,
            target,
            trail,
        });
    }
}

pub(super) fn choose_link(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let items: Vec<(Clean, Clean, bool)> = browse
        .links(ctx.shared)
        .into_iter()
        .map(|(name, target)| (name, Clean::new(&describe(&target)), false))
        .collect();
    if items.is_empty() {
        ctx.toast(Tone::Info, "this row leads nowhere yet");
        return;
    }
    let title = Clean::new("go to");
    ctx.ask(Request::Popup(Popup::Picker(Picker {
        title,
        purpose: "link",
        items,
        several: false,
        free: false,
    })));
}

fn describe(target: &Target) -> String {
    match target {
        Target::List {
            resource,
            labels,
            fields,
            ..
        } => {
            let parts = [
                resource.to_string(),
                labels.as_str().to_owned(),
                fields.as_str().to_owned(),
            ];
            parts
                .iter()
                .filter(|part| !part.is_empty())
                .cloned()
                .collect::<Vec<_>>()
                .join("  ")
        }
        Target::Containers { pod, .. } => format!("containers of {pod}"),
        Target::Object { resource, name, .. } => format!("{resource} {name}"),
        Target::Kinds { namespace } => format!("kinds in {namespace}"),
    }
}

pub(super) fn jump_owner(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let Some((row, content)) = browse.current(ctx.shared) else {
        return;
    };
    if let Some(target) = owner_target(content) {
        let trail = browse.trail(row, content);
        ctx.ask(Request::Follow {
            cluster: browse.place.cluster,
            target,
            trail,
        });
    }
}

pub(super) fn jump_node(browse: &mut Browse, ctx: &mut Ctx<'_>) {
    let Some(node) = node_of(browse, ctx.shared) else {
        return;
    };
    let mut place = ListPlace::of(browse.place.cluster, ResourceName::new("", "nodes"));
    place.focus = Some((Clean::default(), node));
    ctx.ask(Request::Open(Place::List(place)));
}

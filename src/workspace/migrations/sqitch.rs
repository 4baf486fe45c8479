//! Sqitch: a plan names the changes in their order, each a deploy script, and what it was before it was reworked.
//! https://sqitch.org/docs/manual/sqitchchanges/

use std::path::{Path, PathBuf};

use super::{Migration, Ordered, left_over};

/// How many folders above the deploy scripts the plan may be.
const ABOVE: usize = 4;

/// Where a project has its files.
struct Project {
    plan: PathBuf,
    deploy: PathBuf,
    revert: PathBuf,
    verify: PathBuf,
}

/// The folder with the deploy scripts of the project in `folder`, if there is one.
pub fn deploy_folder(folder: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<PathBuf> {
    project_in(folder, read).map(|project| project.deploy)
}

fn project_in(folder: &Path, read: &dyn Fn(&Path) -> Option<String>) -> Option<Project> {
    let text = read(&folder.join("sqitch.conf")).unwrap_or_default();
    let mut section = String::new();
    let mut settings: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_lowercase();
        } else if section == "core" || section == "engine \"pg\"" {
            let Some((key, value)) = line.split_once('=') else { continue };
            settings.push((key.trim().to_lowercase(), value.trim().trim_matches('"').to_owned()));
        }
    }
    // An engine's own settings stand behind those of the core, and go before them.
    let setting = |key: &str| settings.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value);
    let top = folder.join(setting("top_dir").map_or("", |dir| dir.trim_start_matches("./")));
    let within =
        |key: &str, usual: &str| setting(key).map_or_else(|| top.join(usual), |dir| folder.join(dir));
    let plan = setting("plan_file").map_or_else(|| top.join("sqitch.plan"), |file| folder.join(file));
    plan.is_file().then(|| Project {
        plan,
        deploy: within("deploy_dir", "deploy"),
        revert: within("revert_dir", "revert"),
        verify: within("verify_dir", "verify"),
    })
}

/// The deploy scripts in the order of the plan.
pub(super) fn order(
    root: &Path,
    files: &[PathBuf],
    read: &dyn Fn(&Path) -> Option<String>,
) -> Option<Ordered> {
    let above = root.ancestors().take(ABOVE);
    let project = above.filter_map(|folder| project_in(folder, read)).find(|project| {
        project.deploy.starts_with(root) || root.starts_with(project.deploy.parent().unwrap_or(root))
    })?;
    let plan = changes(&read(&project.plan)?);
    let mut ordered = Ordered::default();
    for (place, change) in plan.iter().enumerate() {
        let later = plan[place + 1..].iter().position(|other| other.name == change.name);
        let script = |folder: &Path, end: &str| folder.join(format!("{}{end}.sql", change.name));
        let exists = |path: &PathBuf| files.contains(path) || path.is_file();
        // A change that was reworked has its old script under the name of a tag that came before the new one.
        let end = match later {
            None => Some(String::new()),
            Some(later) => {
                let tags = plan[place..=place + later].iter().flat_map(|change| &change.tags);
                let mut ends = tags.map(|tag| format!("@{tag}"));
                ends.find(|end| exists(&script(&project.deploy, end)))
            }
        };
        let Some(end) = end else { continue };
        let path = script(&project.deploy, &end);
        if !exists(&path) {
            continue;
        }
        for folder in [&project.revert, &project.verify] {
            ordered.beside.insert(script(folder, &end), path.clone());
        }
        ordered.migrations.push(Migration::planned(path, place, change.name.clone()));
    }
    let mut apart = left_over(files, &ordered.migrations);
    apart.retain(|file| !ordered.beside.contains_key(file));
    ordered.apart = apart;
    Some(ordered)
}

struct Change {
    name: String,
    /// Those that follow it in the plan.
    tags: Vec<String>,
}

fn changes(plan: &str) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for line in plan.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['%', '#']) {
            continue;
        }
        // A change may have a sign in front of it: `+` deploys it.
        let line = line.strip_prefix('+').map_or(line, str::trim_start);
        let Some(name) = line.split_whitespace().next() else { continue };
        match name.strip_prefix('@') {
            Some(tag) => {
                changes.iter_mut().last().into_iter().for_each(|change| change.tags.push(tag.into()))
            }
            None => changes.push(Change { name: name.to_owned(), tags: Vec::new() }),
        }
    }
    changes
}

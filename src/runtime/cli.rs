//! The command line: one definition, from which the parser, the help, the man page and the completions come.

use super::budgets::BudgetsArgs;
use crate::keys::{Chord, parse_keys};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A terminal explorer for Kubernetes: live lists that watch, filter, sort and drill down.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "portolan",
    version,
    about,
    args_conflicts_with_subcommands = true,
    max_term_width = 100,
    long_about = "A terminal explorer for Kubernetes: live lists of every kind a server has, filtered, sorted and drilled \
into from the keyboard, as good over SSH as on a laptop.\n\n\
Portolan reads the kubeconfig as kubectl does, opens the context's last view (pods in the context's namespace the first \
time) and keeps it live: it watches the server and does not poll it. Without a cluster, `portolan --demo` opens on a \
simulated one inside the program.\n\n\
Inside, `?` lists and runs every command, `:` goes to any kind, namespace, context or command, `/` filters, and `q` quits.",
    after_long_help = "EXAMPLES\n  \
portolan                              the current context, where you left it\n  \
portolan pods -n shop -l app=cart     pods of one namespace, by label\n  \
portolan deployments.apps -A          deployments of all namespaces\n  \
portolan --demo                       a simulated cluster, no kubeconfig needed\n  \
portolan snapshot --demo --format svg -o demo.svg\n  \
portolan completions bash > /etc/bash_completion.d/portolan\n\n\
EXIT STATUS\n  \
0  all went well\n  \
1  something failed; a sentence on standard error says what\n  \
2  the command line cannot be used, or there is no terminal to draw on\n  \
101  the program had a fault; a report is left in the state directory\n  \
128+n  signal n ended it\n\n\
ENVIRONMENT\n  \
KUBECONFIG                            kubeconfig files, parted by colons\n  \
NO_COLOR, COLORTERM, TERM             how many colours are used\n  \
PORTOLAN_CONFIG_DIR, PORTOLAN_STATE_DIR\n                                        \
where configuration and state lie (see --print-paths)"
)]
pub struct Cli {
    /// What to open.
    #[command(flatten)]
    pub view: ViewArgs,
    /// Something other than the explorer.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to open and how.
#[derive(Args, Clone, Debug, Default)]
pub struct ViewArgs {
    /// Kind to open: a plural, singular or short name, with its group where two kinds share it (`pods`, `po`,
    /// `websites.example.dev`), several parted by commas, or a category (`all`)
    #[arg(value_name = "KIND")]
    pub kind: Option<String>,
    /// Object to put the cursor on
    #[arg(value_name = "NAME", requires = "kind")]
    pub name: Option<String>,
    /// Namespace to show; several parted by commas
    #[arg(
        short,
        long,
        value_name = "NAMESPACE",
        conflicts_with = "all_namespaces",
        value_delimiter = ','
    )]
    pub namespace: Vec<String>,
    /// Show all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Label selector, applied by the server (`app=cart,tier!=cache`)
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Context of the kubeconfig to open instead of its current one
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// Kubeconfig file to read instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// User to act as
    #[arg(long = "as", value_name = "USER")]
    pub acting_as: Option<String>,
    /// Group to act as a member of; may be given several times
    #[arg(long = "as-group", value_name = "GROUP", requires = "acting_as")]
    pub acting_groups: Vec<String>,
    /// Open on a simulated cluster inside the program; no kubeconfig is read
    #[arg(long, conflicts_with_all = ["kubeconfig", "context", "acting_as"])]
    pub demo: bool,
    /// Theme to use: a bundled one or a file in the configuration directory
    #[arg(long, value_name = "THEME")]
    pub theme: Option<String>,
    /// Keymap to use: a bundled one or a file in the configuration directory
    #[arg(long, value_name = "KEYMAP")]
    pub keymap: Option<String>,
    /// Configuration file to read instead of the one in the configuration directory
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Refuse every request that could change something (so far the only way it works)
    #[arg(long)]
    pub readonly: bool,
    /// Print the default configuration, with a word on every setting, and exit
    #[arg(long, group = "print")]
    pub print_config: bool,
    /// Print the keys in force as a keymap file, and exit
    #[arg(long, group = "print")]
    pub print_keys: bool,
    /// Print where configuration, themes, keymaps and state lie, and exit
    #[arg(long, group = "print")]
    pub print_paths: bool,
    /// Have a fault on purpose, for tests of what happens then.
    #[arg(long, value_name = "WHERE", hide = true, requires = "demo")]
    pub fault: Option<FaultPlace>,
}

/// Where a fault is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FaultPlace {
    /// While drawing.
    Draw,
    /// In a task.
    Task,
    /// In a drop, during another.
    Twice,
}

/// Something other than the explorer.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve the simulated cluster on a port, for kubectl and for measuring
    Demo(DemoArgs),
    /// Draw one frame without a terminal
    Snapshot(Box<SnapshotArgs>),
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: ShellName,
    },
    /// Print the man page
    Man,
    /// Measure what a server's pods cost, and print it beside the limits
    Budgets(BudgetsArgs),
    /// Write all pictures of the project from the simulated cluster
    Screenshots {
        /// Directory to write to
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Write nothing; fail when a picture there differs from what would be written
        #[arg(long)]
        check: bool,
    },
}

/// The simulated cluster on a port.
#[derive(Args, Clone, Debug)]
pub struct DemoArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// So many more pods, for measuring
    #[arg(long, value_name = "COUNT")]
    pub pods: Option<u32>,
    /// So many changes a second among them
    #[arg(long, value_name = "PER_SECOND")]
    pub churn: Option<f64>,
    /// Every container writes so many numbered lines a second, for measuring
    #[arg(long, value_name = "PER_SECOND")]
    pub log_lines: Option<u32>,
    /// Nothing changes by itself
    #[arg(long)]
    pub still: bool,
    /// Everything random comes from this
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Where to write the kubeconfig; a new file in the temporary directory when not given
    #[arg(long, value_name = "FILE")]
    pub kubeconfig_out: Option<PathBuf>,
}

/// One frame without a terminal.
#[derive(Args, Clone, Debug)]
pub struct SnapshotArgs {
    /// What to open.
    #[command(flatten)]
    pub view: ViewArgs,
    /// A picture of the project by its name, with its size and its keys (see the `screenshots` directory)
    #[arg(long, value_name = "NAME")]
    pub screen: Option<String>,
    /// Size in columns and rows
    #[arg(long, value_name = "COLUMNSxROWS", value_parser = parse_size)]
    pub size: Option<(u16, u16)>,
    /// What to write
    #[arg(long, value_enum, default_value_t = PictureFormat::Text)]
    pub format: PictureFormat,
    /// Keys to press first, such as `:deploy<enter>jj/web<enter>`
    #[arg(long, value_name = "KEYS", value_parser = parse_pressed, default_value = "")]
    pub keys: Pressed,
    /// File to write to instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Keys to be pressed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pressed(pub Vec<Chord>);

/// What a frame is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PictureFormat {
    /// Characters alone
    #[default]
    Text,
    /// Characters with colours, for a terminal
    Ansi,
    /// A picture with exact columns
    Svg,
}

/// Shells that completions are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

fn parse_pressed(text: &str) -> Result<Pressed, String> {
    parse_keys(text).map(Pressed).map_err(|error| error.to_string())
}

/// Reads `160x45`.
fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("`{text}` is not a size; write columns and rows such as 120x36");
    let (columns, rows) = text.split_once(['x', 'X']).ok_or_else(wrong)?;
    let size = (
        columns.parse().map_err(|_| wrong())?,
        rows.parse().map_err(|_| wrong())?,
    );
    let (most_columns, most_rows) = super::frame::LARGEST;
    if (1..=most_columns).contains(&size.0) && (1..=most_rows).contains(&size.1) {
        Ok(size)
    } else {
        Err(format!("a size is between 1x1 and {most_columns}x{most_rows}"))
    }
}

/// Writes completions.
pub fn write_completions(shell: ShellName, out: &mut Vec<u8>) {
    let mut command = Cli::command();
    let shell = match shell {
        ShellName::Bash => clap_complete::Shell::Bash,
        ShellName::Zsh => clap_complete::Shell::Zsh,
        ShellName::Fish => clap_complete::Shell::Fish,
    };
    clap_complete::generate(shell, &mut command, "portolan", out);
}

/// Writes the man page.
///
/// # Errors
/// None in practice: it is written to memory.
pub fn write_man_page(out: &mut Vec<u8>) -> io::Result<()> {
    clap_mangen::Man::new(Cli::command()).render(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Cli, String> {
        let words = std::iter::once("portolan").chain(line.split_whitespace());
        Cli::try_parse_from(words).map_err(|error| error.to_string())
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn views_are_read() {
        let cli = parse("deploy web -n shop,pay -l app=web --context eu").unwrap();
        assert_eq!(cli.view.kind.as_deref(), Some("deploy"));
        assert_eq!(cli.view.name.as_deref(), Some("web"));
        assert_eq!(cli.view.namespace, ["shop", "pay"]);
        assert_eq!(cli.view.selector.as_deref(), Some("app=web"));
        assert!(cli.command.is_none());
        assert!(parse("-A --demo").unwrap().view.all_namespaces);
        let cli = parse("--as ann --as-group dev --as-group ops").unwrap();
        assert_eq!(cli.view.acting_groups, ["dev", "ops"]);
    }

    #[test]
    fn commands_are_read() {
        let Some(Command::Snapshot(snapshot)) =
            parse("snapshot pods --demo --size 120x36 --format svg --keys jj<enter>")
                .unwrap()
                .command
        else {
            panic!()
        };
        assert_eq!((snapshot.size, snapshot.format), (Some((120, 36)), PictureFormat::Svg));
        assert_eq!(
            (snapshot.keys.0.len(), snapshot.view.kind.as_deref()),
            (3, Some("pods"))
        );
        let Some(Command::Demo(demo)) = parse("demo --listen 127.0.0.1:0 --pods 100000").unwrap().command else {
            panic!()
        };
        assert_eq!((demo.listen.port(), demo.pods), (0, Some(100_000)));
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        for (line, says) in [
            ("-A -n shop", "cannot be used with"),
            ("--demo --kubeconfig x", "cannot be used with"),
            ("--as-group dev", "--as"),
            ("snapshot --size 12", "is not a size"),
            ("snapshot --size 0x5", "between 1x1"),
            ("snapshot --keys <nokey>", "nokey"),
            ("pods a b", "cannot be used with"),
            ("--fault draw", "--demo"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }

    #[test]
    fn the_man_page_and_completions_name_every_option() {
        let mut man = Vec::new();
        write_man_page(&mut man).unwrap();
        let man = String::from_utf8(man).unwrap().replace("\\-", "-");
        for shell in [ShellName::Bash, ShellName::Zsh, ShellName::Fish] {
            let mut completions = Vec::new();
            write_completions(shell, &mut completions);
            let completions = String::from_utf8(completions).unwrap();
            for argument in Cli::command()
                .get_arguments()
                .filter(|argument| !argument.is_hide_set())
            {
                let Some(long) = argument.get_long() else { continue };
                assert!(completions.contains(long), "{shell:?} does not complete --{long}");
                assert!(man.contains(&format!("--{long}")), "the man page leaves out --{long}");
            }
        }
    }
}

//! `toolgate help`

use clap::{Command, CommandFactory};
use toolgate_compiler::diagnostic::manual;
use toolgate_compiler::suggest;

use crate::output::{Failure, Stdout};

/// Say what a command does, or what the code of a diagnostic means
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// A command such as `check`, or a code such as `when/star`
    #[arg(value_name = "COMMAND|CODE")]
    topic: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  toolgate help check
  toolgate help when/operator-as-key

Exit codes: 0 there is help, 2 there is none";

pub fn run(arguments: &Arguments) -> Result<(), Failure> {
    let toolgate = crate::Arguments::command();
    let text = match arguments.topic.as_deref() {
        None => help_of(toolgate, &[]),
        Some(topic) if toolgate.find_subcommand(topic).is_some() => help_of(toolgate, &[topic]),
        Some(topic) => format!("{}\n", manual::section(topic).ok_or_else(|| unknown(topic, &toolgate))?),
    };
    let mut out = Stdout::new();
    out.write(text.as_bytes())?;
    out.flush()
}

/// What `--help` prints: short if there is nothing more to say, which only clap knows.
fn help_of(toolgate: Command, command: &[&str]) -> String {
    let words = ["toolgate"].iter().chain(command).chain(&["--help"]);
    toolgate.try_get_matches_from(words).err().map(|help| help.to_string()).unwrap_or_default()
}

fn unknown(topic: &str, toolgate: &Command) -> Failure {
    let commands: Vec<&str> = toolgate.get_subcommands().map(Command::get_name).collect();
    let near = suggest::nearest(topic, commands.iter().copied()).or_else(|| suggest::nearest(topic, manual::codes()));
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the commands are {}; codes look like `when/star`", commands.join(", ")),
    };
    Failure::Other(format!("there is no command and no code `{}`; {hint}", topic.escape_debug()))
}

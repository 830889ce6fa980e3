//! The `toolgate` command.
//!
//! Exit codes: 0 evaluated or all passed, 1 the policy or a test is wrong, or a policy is looser than another, 2 usage or
//! input and output.

mod allocations;
mod bench;
mod check;
mod compile;
mod decide;
mod diff;
mod explain;
mod fields;
mod help;
mod lines;
mod notes;
mod output;
mod policy;
mod test;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use output::{Failure, Stdout};

#[derive(Parser)]
#[command(name = "toolgate", version, about = "Decides whether an agent's tool calls may run", after_help = EXAMPLES)]
#[command(disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Arguments),
    Compile(compile::Arguments),
    Decide(decide::Arguments),
    Explain(explain::Arguments),
    Diff(diff::Arguments),
    Test(test::Arguments),
    Bench(bench::Arguments),
    Help(help::Arguments),
    /// Write the JSON Schema of policy documents to standard output, for editors
    #[command(after_help = SCHEMA_EXAMPLES)]
    Schema,
    /// Write a completion script for a shell to standard output
    #[command(after_help = COMPLETION_EXAMPLES)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

const EXAMPLES: &str = "\
Examples:
  toolgate check policy.yaml
  toolgate compile policies/ -o policy.tgc
  toolgate decide policy.tgc --requests calls.jsonl
  toolgate explain policy.yaml --request call.json
  toolgate diff old.tgc policies/ --requests calls.jsonl
  toolgate test policies/
  toolgate bench policy.tgc --requests calls.jsonl
  toolgate help when/operator-as-key

Exit codes: 0 evaluated or all passed, 1 the policy or a test is wrong or `diff` found a loosening, 2 usage or input and output";

const SCHEMA_EXAMPLES: &str = "\
Examples:
  toolgate schema > policy.schema.json

A document that begins with `# yaml-language-server: $schema=policy.schema.json` is then checked while it is written.";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  toolgate completions bash > /etc/bash_completion.d/toolgate
  toolgate completions zsh > ~/.zfunc/_toolgate";

fn main() -> ExitCode {
    let result = match Arguments::try_parse() {
        Ok(arguments) => run(arguments.command),
        Err(error) => {
            // Help and the version are what was asked for; anything else is a mistake in the arguments.
            let is_mistake = error.use_stderr();
            match error.print().and_then(|()| std::io::stdout().flush()) {
                Ok(()) if is_mistake => return ExitCode::from(2),
                Ok(()) => Ok(()),
                Err(error) => Err(output::unwritable_stdout(&error)),
            }
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Policy) => ExitCode::from(1),
        Err(Failure::Other(message)) => {
            output::tell(&format!("toolgate: {message}"));
            ExitCode::from(2)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Compile(arguments) => compile::run(&arguments),
        Command::Decide(arguments) => decide::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Diff(arguments) => diff::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Help(arguments) => help::run(&arguments),
        Command::Schema => {
            let mut out = Stdout::new();
            out.write(toolgate_compiler::schema::text().as_bytes())?;
            out.flush()
        }
        Command::Completions { shell } => {
            // Generated into memory: the generator panics where it cannot write.
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "toolgate", &mut script);
            let mut out = Stdout::new();
            out.write(&script)?;
            out.flush()
        }
    }
}

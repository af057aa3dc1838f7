import { Command, CommanderError, type Option } from 'commander';
import { ignoreClosedPipes, printWarningsPlainly } from '../core/standard-streams.ts';
import { limitMemory } from '../core/steady-heap.ts';
import { type CommandEntry, commands, groups } from './commands.ts';
import { collect } from './key-value.ts';
import { reportError } from './report-error.ts';

/**
 * Runs one command line, without the program's own name.
 *
 * @returns the exit code: 0 success, 1 failure (a stopped job too), 2 usage, 128 + n after signal n.
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  ignoreClosedPipes();
  printWarningsPlainly();
  const program = createProgram();
  const { operands } = program.parseOptions([...argv]);
  const options = program.opts<{ json?: boolean; debug?: boolean }>();
  try {
    await configureChosen(program, operands[0] === 'help' ? operands.slice(1) : operands);
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const code = reportError(error, { json: options.json ?? false, debug: options.debug ?? false });
    // A signal has said it already.
    return Number(process.exitCode ?? code);
  }
}

/** The program with every command's name and summary; none of their files is loaded. */
function createProgram(): Command {
  const program = new Command('sluice')
    .description("Runs machine-learning jobs and pipelines under SageMaker's job contract, on this machine.")
    .option(
      '--home <directory>',
      'where state, buckets and logs live (default: $SLUICE_HOME, else ~/.local/share/sluice)',
    )
    .option(
      '--config <file>',
      'a configuration file, in place of those of the working directory; repeat for more (default: $SLUICE_CONFIG)',
      collect,
    )
    .option('--json', 'print JSON for programs, one value per line')
    .option('--debug', 'show stack traces')
    .option('-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('Run `sluice --help` to see what there is.')
    .exitOverride();
  for (const [name, description] of Object.entries(groups)) addCommand(program, name, description);
  for (const [name, { summary }] of Object.entries(commands)) addNamed(program, name, summary);
  return program;
}

function addNamed(program: Command, name: string, summary: string): void {
  const words = name.split(' ');
  const parent =
    words.length === 1 ? program : program.commands.find((command) => command.name() === words[0]);
  addCommand(parent as Command, words.at(-1) as string, summary);
}

function addCommand(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .copyInheritedSettings(parent)
    .showHelpAfterError(
      `Run \`${[...namesAbove(parent), name].join(' ')} --help\` for its options and examples.`,
    );
}

function namesAbove(command: Command | null): string[] {
  return command === null ? [] : [...namesAbove(command.parent), command.name()];
}

async function configureChosen(program: Command, operands: readonly string[]): Promise<void> {
  const [first = '', second = ''] = operands;
  const table: Readonly<Record<string, CommandEntry>> = commands;
  const name = [`${first} ${second}`, first].find((candidate) => Object.hasOwn(table, candidate));
  if (name === undefined) return;
  const { load, serves } = table[name] as CommandEntry;
  if (serves) limitMemory();
  const module = await load();
  const command = name
    .split(' ')
    .reduce((parent, word) => parent.commands.find((child) => child.name() === word) as Command, program);
  module.configure(command);
  yieldVersion(program, command);
}

/** Global options go before those of commands: a command that has a `--version` of its own is to get it. */
function yieldVersion(program: Command, command: Command): void {
  const isVersion = ({ long }: { readonly long?: string | undefined }) => long === '--version';
  if (command.options.some(isVersion))
    (program.options as Option[]).splice(program.options.findIndex(isVersion), 1);
}

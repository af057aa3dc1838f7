import { Argument, type Command } from 'commander';
import { completionScript, type Shell } from '../completion/completion-script.ts';
import { describeCommands } from '../completion/describe-commands.ts';

/** `sluice completion` */
export function configure(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText(
      'after',
      `
Examples:
  source <(sluice completion bash)
  sluice completion zsh > ~/.zfunc/_sluice
  sluice completion fish > ~/.config/fish/completions/sluice.fish`,
    )
    .action(async (shell: Shell) => {
      process.stdout.write(completionScript(shell, await describeCommands()));
    });
}

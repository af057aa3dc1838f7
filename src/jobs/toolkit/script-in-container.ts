import { scriptCommand } from '../../contract/images.ts';
import { CODE_DIRECTORY } from '../../contract/paths.ts';
import type { ToolkitScript } from './toolkit-script.ts';

const RUN = 'cd "$0" && export PYTHONPATH="$0${PYTHONPATH:+:$PYTHONPATH}" && exec "$@"';
const INSTALL_AND_RUN = `if [ -f "$0/requirements.txt" ]; then python3 -m pip install -r "$0/requirements.txt" || exit; fi; ${RUN}`;

/** What an image that has Node.js or Python but no toolkit is started with to run a script as a toolkit would. Pure. */
export function scriptInContainer(script: ToolkitScript): string[] {
  const command = scriptCommand(script.program);
  const program = command.length > 1 ? command : [`./${script.program}`];
  const shell = command[0] === 'python3' ? INSTALL_AND_RUN : RUN;
  return ['/bin/sh', '-c', shell, CODE_DIRECTORY, ...program, ...script.arguments];
}

import { FRAMEWORKS, type FrameworkPackage, frameworkPackages } from '../../contract/framework-images.ts';
import type { LocalPython } from './python.ts';

/** Says which packages the local Python lacks. */
export function missingPackagesNote(python: LocalPython, missing: readonly FrameworkPackage[]): string {
  const names = missing.map(({ name }) => name).join(', ');
  return `The local Python ${python.fullVersion} (${python.installation.executable}) lacks packages of the image: ${names}.`;
}

/** How to mend a script's failure to import something, or undefined for a failure of another kind. */
export function missingModuleHint(message: string, python: LocalPython): string | undefined {
  const module = /No module named '([\w-]+)/.exec(message)?.[1];
  if (module === undefined) return undefined;
  const packages = FRAMEWORKS.flatMap((framework) => frameworkPackages(framework));
  const known = packages.find((each) => each.module === module)?.name;
  const install = `Put ${known ?? module} into requirements.txt beside the script, or install it for the local Python ${python.fullVersion} (${python.installation.executable}).`;
  // It may lie beside the script, which was sent alone.
  return known === undefined
    ? `${install} A file of your own is sent with the script by --source-dir, sourceDir in a pipeline.`
    : install;
}

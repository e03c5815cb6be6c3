import { OPERATORS, type Operators } from '@holdfast/models';
import { type Command, Option } from 'commander';
import { folder } from './folder.js';
import { model } from './option-values.js';
import { progressOptions, type Reporting, reportingOf } from './progress-options.js';

/** The result goes to standard output. */
const STREAM = 'standard error';

/** What the commands about models do with their options. */
export interface ModelsCommands {
  models(options: { json: boolean }): Promise<void>;
  getModels(options: { models: string[] }, reporting: Reporting): Promise<void>;
  checkModel(options: { model: string; json: boolean }, reporting: Reporting): Promise<void>;
  exportModel(
    options: { model: string; to: string; operators: Operators },
    reporting: Reporting,
  ): Promise<void>;
}

/** Adds `models`, `models get`, `models check` and `models export`. */
export function modelsCommands(program: Command, commands: ModelsCommands): void {
  const models = program
    .command('models')
    .description('Lists the models that have a name, and explains how to use another one.')
    .option('--json', 'one JSON object per model', false)
    .action(async ({ json }) => {
      await commands.models({ json });
    });
  const get = models
    .command('get')
    .description('Downloads models into the cache of Hugging Face, or what is new of them.')
    .argument('<name...>', 'short names, or OWNER/NAME[@REVISION]');
  progressOptions(get, STREAM).action(async (names: string[], given) => {
    await commands.getModels({ models: names }, reportingOf(get, given));
  });
  const check = models
    .command('check')
    .description('Shows what a model makes of a sequence, and tries it on the CPU.')
    .argument('<name|path>', 'a model, as for --model', model)
    .option('--json', 'one JSON object', false);
  progressOptions(check, STREAM).action(async (name: string, given) => {
    // The command above it has an option of this name, which takes it wherever it stands.
    const { json } = check.optsWithGlobals<{ json: boolean }>();
    await commands.checkModel({ model: name, json }, reportingOf(check, given));
  });
  const exporting = models
    .command('export')
    .description('Writes a model that is built from published weights as a folder with an ONNX graph.')
    .argument('<name|path>', 'a model, as for --model', model)
    .requiredOption('--to <dir>', 'a new folder', folder)
    .addOption(
      new Option(
        '--operators <which>',
        "plain: ONNX's own, for every engine; fused: those of ONNX Runtime too, faster there",
      )
        .choices(OPERATORS)
        .default('plain' satisfies Operators),
    );
  progressOptions(exporting, STREAM).action(async (name: string, { to, operators, ...given }) => {
    await commands.exportModel({ model: name, to, operators }, reportingOf(exporting, given));
  });
}

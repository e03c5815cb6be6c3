import { library } from '@holdfast/config/tsup';

export default library({
  entry: [
    'src/index.ts',
    'src/early-signals.ts',
    'src/start.ts',
    'src/cli.ts',
    'src/start-failure.ts',
    'src/worker.ts',
    'src/provider-trial.ts',
    'src/model-trial.ts',
    'src/calibration-trial.ts',
  ],
});

import { library } from '@holdfast/config/tsup';

export default library({
  entry: {
    index: 'src/index.ts',
    cli: 'src/cli.ts',
    'status-cli': 'src/status-cli.ts',
    worker: 'src/work/worker.ts',
  },
});

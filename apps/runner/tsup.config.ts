import { copyFile } from 'node:fs/promises';
import { library } from '@holdfast/config/tsup';

export default library({
  entry: {
    index: 'src/index.ts',
    cli: 'src/cli.ts',
    'status-cli': 'src/status-cli.ts',
    worker: 'src/work/worker.ts',
  },
  // The page that `holdfast dashboard` serves is part of the command.
  async onSuccess() {
    await copyFile('../dashboard/dist/index.html', 'dist/dashboard.html');
  },
});

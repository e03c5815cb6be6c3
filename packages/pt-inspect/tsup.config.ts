import { library } from '@holdfast/config/tsup';

export default library({
  entry: {
    index: 'src/index.ts',
    cli: 'src/cli.ts',
  },
});

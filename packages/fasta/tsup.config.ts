import { library } from '@holdfast/config/tsup';

export default library({
  entry: {
    index: 'src/index.ts',
    testing: 'src/testing/six-frames.ts',
  },
});

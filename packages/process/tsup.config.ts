import { library } from '@holdfast/config/tsup';

export default library({
  entry: {
    index: 'src/index.ts',
    'early-signals': 'src/early-signals.ts',
    start: 'src/start.ts',
    'compile-cache': 'src/compile-cache.ts',
    'start-failure': 'src/start-failure.ts',
  },
});

import { library } from '@holdfast/config/tsup';

// CommonJS, too: Node 20 cannot require() an ES module. Native parts are found when the package runs.
export default library({ format: ['esm', 'cjs'], external: ['@node-rs/crc32', 'koffi'] });

import { library } from '@holdfast/config/tsup';

// CommonJS, too: Node 20 cannot require() an ES module. The native part of the checksum is found when the package runs.
export default library({ format: ['esm', 'cjs'], external: ['@node-rs/crc32'] });

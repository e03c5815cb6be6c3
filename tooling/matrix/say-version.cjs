// Loaded first by every Node process of a test run: leaves its version, so that the table can say what really ran.
require('node:fs').appendFileSync(process.env.MATRIX_VERSIONS, `${process.version}\n`);

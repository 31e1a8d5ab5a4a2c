// Imported by preboot.cjs so that the loader of ECMAScript modules is ready.
import 'node:fs';
export default null;

'use strict';
// Finds the handler that "dir/file.export" names, in a CommonJS or an ECMAScript module.

const fs = require('fs');
const path = require('path');
const { Fault } = require('./failures.cjs');

/** The handler, or a promise of it where the module is an ECMAScript module. */
function loadHandler(root, name) {
  const slash = name.lastIndexOf('/') + 1;
  const dot = name.indexOf('.', slash);
  if (dot <= slash || dot === name.length - 1) throw new Fault('Runtime.MalformedHandlerName', 'Bad handler');
  if (name.split('/').includes('..'))
    throw new Fault('Runtime.MalformedHandlerName', `'${name}' is not a valid handler name: it leaves the code's directory`);
  const module = name.slice(0, dot);
  const member = name.slice(dot + 1);
  const pick = (exports) => memberOf(exports, member, name);
  const file = findFile(path.resolve(root, module));
  try {
    if (file && isEsModule(file, root))
      return import(require('url').pathToFileURL(file).href).then(pick, (error) => { throw translate(error); });
    return pick(require(file || require.resolve(module, { paths: [root] })));
  } catch (error) {
    throw translate(error);
  }
}

function findFile(base) {
  const isFile = (file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile();
  return ['', '.js', '.mjs', '.cjs'].map((end) => base + end).find(isFile);
}

/** By its name, or by the nearest package.json for ".js". */
function isEsModule(file, root) {
  if (file.endsWith('.mjs')) return true;
  if (!file.endsWith('.js')) return false;
  for (let folder = path.dirname(file); folder.startsWith(root); folder = path.dirname(folder)) {
    try {
      return JSON.parse(fs.readFileSync(path.join(folder, 'package.json'), 'utf8')).type === 'module';
    } catch (error) {
      if (error.code !== 'ENOENT') return false;
    }
    if (folder === path.dirname(folder)) break;
  }
  return false;
}

function memberOf(exports, member, name) {
  let found = exports;
  for (const step of member.split('.')) found = found?.[step];
  if (found === undefined && exports.default !== undefined) {
    found = exports.default;
    for (const step of member.split('.')) found = found?.[step];
  }
  if (found === undefined || found === null)
    throw new Fault('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (typeof found !== 'function') throw new Fault('Runtime.HandlerNotFound', `${name} is not a function`);
  return found;
}

function translate(error) {
  if (error instanceof SyntaxError) return new Fault('Runtime.UserCodeSyntaxError', String(error), error.stack);
  if (error?.code === 'MODULE_NOT_FOUND' || error?.code === 'ERR_MODULE_NOT_FOUND')
    return new Fault('Runtime.ImportModuleError', String(error), error.stack);
  return error;
}

module.exports = { loadHandler };

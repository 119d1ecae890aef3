// Embind's JavaScript half, cut to what crosses this boundary: classes whose methods take numbers and return numbers. Owns the
// seven registrations that emscripten/bind.h calls for such a class, and what an abort looks like; refuses strings, callbacks, values,
// inheritance, overloads and smart pointers, which make Embind's own library 5 KB of every page's download.
// Invariant: a deleted object and a wrong number of arguments throw before the engine is entered, as with Embind's own.
var LibraryEmbindNumbers = {
  // type id → what JavaScript makes of a returned number
  $returned: {},
  // type id → constructor
  $bound: {},

  $nameAt: function (address) {
    var name = '';
    while (HEAPU8[address]) name += String.fromCharCode(HEAPU8[address++]);
    return name;
  },

  // Arguments need no conversion: WebAssembly's own (ToInt32, ToNumber) is the one that the C++ side declares.
  $checkArguments: function (name, given, expected) {
    if (given !== expected) throw new TypeError(name + ' takes ' + expected + ' arguments, not ' + given);
  },

  _embind_register_void__deps: ['$returned'],
  _embind_register_void: function (type) {
    returned[type] = function () {};
  },
  _embind_register_bool__deps: ['$returned'],
  _embind_register_bool: function (type) {
    returned[type] = Boolean;
  },
  _embind_register_integer__deps: ['$returned'],
  _embind_register_integer: function (type) {
    returned[type] = (number) => number;
  },
  _embind_register_float__deps: ['$returned'],
  _embind_register_float: function (type) {
    returned[type] = (number) => number;
  },

  _embind_register_class__deps: ['$bound', '$nameAt', '$getWasmTableEntry'],
  _embind_register_class: function (type, pointer, constPointer, base, s1, actual, s2, up, s3, down, name, s4, destructor) {
    destructor = getWasmTableEntry(destructor);
    // Not named `constructor`: emscripten's dead-code pass then drops the line, taking it for Object's own.
    var Bound = function (...given) {
      this.pointer = Bound.make(given);
    };
    Bound.prototype['delete'] = function () {
      destructor(this.pointer);
      this.pointer = 0; // C++ allows the destruction of null: deleting twice is harmless
    };
    bound[type] = Module[nameAt(name)] = Bound;
    // Here because memory exists by now, and never grows: this view is good for ever.
    Module['HEAPU8'] = HEAPU8;
  },

  _embind_register_class_constructor__deps: ['$bound', '$checkArguments', '$getWasmTableEntry'],
  _embind_register_class_constructor: function (type, count, types, signature, invoker, target) {
    invoker = getWasmTableEntry(invoker);
    bound[type].make = function (given) {
      checkArguments('constructor', given.length, count - 1);
      return invoker(target, ...given);
    };
  },

  _embind_register_class_function__deps: ['$bound', '$returned', '$nameAt', '$checkArguments', '$getWasmTableEntry'],
  _embind_register_class_function: function (type, name, count, types, signature, invoker, target) {
    name = nameAt(name);
    invoker = getWasmTableEntry(invoker);
    var result = HEAP32[types >> 2];
    bound[type].prototype[name] = function (...given) {
      checkArguments(name, given.length, count - 2); // without the returned type and `this`
      if (!this.pointer) throw new TypeError(name + ' of a deleted object');
      return returned[result](invoker(target, this.pointer, ...given));
    };
  },

  abort: function () {
    throw new WebAssembly.RuntimeError('the engine aborted');
  },
  emscripten_resize_heap: function () {
    throw new WebAssembly.RuntimeError('the engine is out of memory');
  },
};
mergeInto(LibraryManager.library, LibraryEmbindNumbers);

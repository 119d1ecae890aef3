// Embind's own registration of built-in types, cut to the four that cross this boundary: numbers in, numbers out.
// Replaces libembind's bind.cpp, whose strings, wide strings, memory views and emvals would cost 5 KB of the download.
// Invariant: registered before the engine's class is (same translation unit order does not matter: Embind resolves
// types lazily, and an unregistered one would fail the first call, in a test).
#include <emscripten.h>
#include <emscripten/bind.h>

#include <cstring>
#include <typeinfo>

extern "C" {

const char* EMSCRIPTEN_KEEPALIVE __getTypeName(const std::type_info* type);
const char* EMSCRIPTEN_KEEPALIVE __getTypeName(const std::type_info* type) { return strdup(type->name()); }

void EMSCRIPTEN_KEEPALIVE __embind_register_native_and_builtin_types();
void EMSCRIPTEN_KEEPALIVE __embind_register_native_and_builtin_types() {
  using namespace emscripten::internal;
  _embind_register_void(TypeID<void>::get(), "void");
  _embind_register_bool(TypeID<bool>::get(), "bool", sizeof(bool), true, false);
  _embind_register_integer(TypeID<int>::get(), "int", sizeof(int), INT32_MIN, INT32_MAX);
  _embind_register_float(TypeID<double>::get(), "double", sizeof(double));
}
}

EMSCRIPTEN_BINDINGS(bazaar_types) { __embind_register_native_and_builtin_types(); }

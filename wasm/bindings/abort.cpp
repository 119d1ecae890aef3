// A throw or an abort in WASM is a trap, nothing else: the glue sees it, closes the engine and plays on from the CDN.
// These replacements keep the machinery of messages and exception objects (6 KB) out of the download. Nothing in the
// engine throws; msgpack-c and the library could only after a check of ours had failed.
#include <cstdlib>

extern "C" {
void abort_message(const char*, ...);
void abort_message(const char*, ...) { std::abort(); }
void* __cxa_allocate_exception(unsigned long);
void* __cxa_allocate_exception(unsigned long) { std::abort(); }
void __cxa_throw(void*, void*, void (*)(void*));
void __cxa_throw(void*, void*, void (*)(void*)) { std::abort(); }
}

// The one function of libFuzzer's that we call (https://llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library"); its
// library comes with the compiler, without a header.

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

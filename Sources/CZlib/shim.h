#include <zlib.h>

// inflateInit2 is a macro, which Swift does not import.
static inline int czlib_inflate_init_gzip(z_stream *stream) {
    return inflateInit2(stream, 15 + 16);  // the largest window, and a gzip header
}

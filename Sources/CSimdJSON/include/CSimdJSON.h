// A small C interface over simdjson's DOM. Swift's own C++ interoperability refuses the library's interior pointers, and a
// call across the border for each value would cost more than the parsing: so a text is parsed, written minified into one
// buffer, and described by one array of nodes, which Swift walks without coming back.

#ifndef CSIMDJSON_H
#define CSIMDJSON_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CSIMDJSON_NULL = 0,
    CSIMDJSON_BOOLEAN = 1,
    CSIMDJSON_INTEGER = 2,   // fits into int64_t
    CSIMDJSON_UNSIGNED = 3,  // a whole number that does not fit into int64_t; its digits are those of the text
    CSIMDJSON_DOUBLE = 4,
    CSIMDJSON_STRING = 5,
    CSIMDJSON_ARRAY = 6,
    CSIMDJSON_OBJECT = 7
};

// One value, in the order of the text; an object's names are strings of their own before their values.
typedef struct {
    uint32_t start;  // where its minified JSON stands; a string's quotes belong to it
    uint32_t end;
    uint32_t next;   // the index of the first node after this one and all that lies in it
    uint32_t count;  // an array's elements or an object's members
    uint16_t depth;  // how deep it is nested: 0 unless it is a container, 1 for a flat one
    uint8_t kind;
} csimdjson_node;

typedef struct csimdjson_parser csimdjson_parser;

// NULL if there is no memory.
csimdjson_parser *csimdjson_parser_new(void);
void csimdjson_parser_free(csimdjson_parser *parser);

// Parses a JSON text (RFC 8259) in UTF-8. Returns NULL if it is right, else the fault as a sentence.
const char *csimdjson_parse(csimdjson_parser *parser, const uint8_t *text, size_t length);

// The results of the last successful parse; valid until the next one.
const uint8_t *csimdjson_minified(const csimdjson_parser *parser, size_t *length);
const csimdjson_node *csimdjson_nodes(const csimdjson_parser *parser, size_t *count);

#ifdef __cplusplus
}
#endif

#endif

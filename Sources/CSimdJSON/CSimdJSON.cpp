#include "CSimdJSON.h"

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <new>
#include <vector>

using namespace simdjson;

namespace {

// Deeper texts are refused: the walk below recurses.
constexpr size_t max_depth = 256;

// A parser keeps the memory of its largest text. A text above this is rare: the one after it gives its memory back.
constexpr size_t kept_capacity = 256 * 1024;

struct malformed { error_code code; };

// An integer that fits into no 64 bits: simdjson reads it as a double, and its digits go to the minified text as they are.
struct long_integer {
    uint32_t double_index;  // how many doubles stand before it in the text
    uint32_t start;         // where its digits, with the sign, stand in the mended text
    uint32_t length;
};

template <typename Value> Value checked(simdjson_result<Value> result) {
    if (result.error()) throw malformed{result.error()};
    return result.value_unsafe();
}

}  // namespace

struct csimdjson_parser {
    std::unique_ptr<dom::parser> parser;
    std::vector<char> text;  // with the padding that simdjson reads beyond the end
    std::vector<uint8_t> minified;
    std::vector<csimdjson_node> nodes;
    std::vector<long_integer> long_integers;  // in the order of the text
    size_t next_long_integer = 0;             // the first one that the walk has not met
    uint32_t doubles = 0;                     // counted once by the mending and once by the walk

    void parse(const uint8_t *bytes, size_t length) {
        if (!parser || (text.size() > kept_capacity && length <= kept_capacity)) {
            parser.reset(new dom::parser());
            std::vector<char>().swap(text);
            std::vector<uint8_t>().swap(minified);
            std::vector<csimdjson_node>().swap(nodes);
            std::vector<long_integer>().swap(long_integers);
        }
        long_integers.clear();
        text.assign(bytes, bytes + length);
        dom::element root;
        error_code error = try_parse(root);
        // JavaScript writes some texts that simdjson refuses. They are mended, at no cost for all other texts.
        if ((error == NUMBER_ERROR || error == STRING_ERROR) && mend()) error = try_parse(root);
        if (error) throw malformed{error};
        minified.clear();
        nodes.clear();
        next_long_integer = 0;
        doubles = 0;
        walk(root);
    }

private:
    error_code try_parse(dom::element &root) {
        size_t length = text.size();
        text.resize(length + SIMDJSON_PADDING);
        error_code error = SUCCESS;
        if (parser->capacity() < length || parser->max_depth() != max_depth) error = parser->allocate(length, max_depth);
        if (!error) error = parser->parse(text.data(), length, false).get(root);
        text.resize(length);
        return error;
    }

    // JSON.stringify(1e20) has more digits than 64 bits hold, and it writes half a surrogate pair as an escape. The first
    // gets an exponent, so that simdjson takes it for a double, and is noted, so that the walk writes its digits and not the
    // double; the second becomes U+FFFD, as in any UTF-8 text.
    bool mend() {
        doubles = 0;
        std::vector<char> mended;
        mended.reserve(text.size() + 64);
        bool changed = false;
        size_t at = 0;
        while (at < text.size()) {
            if (text[at] == '"') at = mend_string(at, mended, changed);
            else if (is_digit(text[at])) at = mend_number(at, mended, changed);
            else mended.push_back(text[at++]);
        }
        text.swap(mended);
        return changed;
    }

    size_t mend_string(size_t at, std::vector<char> &mended, bool &changed) {
        mended.push_back(text[at++]);
        while (at < text.size()) {
            char c = text[at];
            if (c == '\\' && at + 1 < text.size()) {
                int first = surrogate(at);
                if (first == 0) {
                    mended.insert(mended.end(), {c, text[at + 1]});
                    at += 2;
                } else if (first == 1 && surrogate(at + 6) == 2) {
                    mended.insert(mended.end(), text.begin() + long(at), text.begin() + long(at) + 12);
                    at += 12;
                } else {
                    const char replacement[] = "\\ufffd";
                    mended.insert(mended.end(), replacement, replacement + 6);
                    changed = true;
                    at += 6;
                }
                continue;
            }
            mended.push_back(c);
            at++;
            if (c == '"') break;
        }
        return at;
    }

    // 1 for the escape of a pair's first half, 2 for that of its second, 0 for anything else.
    int surrogate(size_t at) const {
        if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u' || (text[at + 2] | 0x20) != 'd') return 0;
        for (size_t digit = at + 3; digit < at + 6; digit++) {
            if (!is_digit(text[digit]) && ((text[digit] | 0x20) < 'a' || (text[digit] | 0x20) > 'f')) return 0;
        }
        char c = char(text[at + 3] | 0x20);
        if (c == '8' || c == '9' || c == 'a' || c == 'b') return 1;
        return c >= 'c' && c <= 'f' ? 2 : 0;
    }

    size_t mend_number(size_t at, std::vector<char> &mended, bool &changed) {
        size_t start = at;
        while (at < text.size() && is_digit(text[at])) mended.push_back(text[at++]);
        if (at < text.size() && is_number_part(text[at])) {
            // All the rest of the double, so that an exponent's digits are not taken for a number.
            while (at < text.size() && is_number_part(text[at])) mended.push_back(text[at++]);
            doubles++;
            return at;
        }
        size_t length = at - start;
        bool is_negative = start > 0 && text[start - 1] == '-';
        // A number that fits stays as it is: another one's fault must not cost it its last digits.
        if (fits(text.data() + start, length, is_negative)) return at;
        if (is_negative) length++;
        long_integers.push_back({doubles++, uint32_t(mended.size() - length), uint32_t(length)});
        mended.insert(mended.end(), {'e', '0'});
        changed = true;
        return at;
    }

    // Whether a whole number with these digits fits into int64_t, or uint64_t if it has no sign.
    static bool fits(const char *digits, size_t length, bool is_negative) {
        const char *largest = is_negative ? "9223372036854775808" : "18446744073709551615";
        size_t most = std::strlen(largest);
        return length < most || (length == most && std::memcmp(digits, largest, most) <= 0);
    }

    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    static bool is_number_part(char c) { return is_digit(c) || c == '.' || c == '-' || c == '+' || (c | 0x20) == 'e'; }

    // Writes a value and its nodes; returns how deep it is nested.
    uint16_t walk(dom::element value) {
        size_t index = nodes.size();
        nodes.push_back({uint32_t(minified.size()), 0, 0, 0, 0, 0});
        uint8_t kind = CSIMDJSON_NULL;
        uint16_t depth = 0;
        uint32_t count = 0;
        switch (value.type()) {
            case dom::element_type::NULL_VALUE: append("null", 4); break;
            case dom::element_type::BOOL:
                kind = CSIMDJSON_BOOLEAN;
                if (checked(value.get_bool())) append("true", 4); else append("false", 5);
                break;
            case dom::element_type::INT64: kind = CSIMDJSON_INTEGER; append_integer(checked(value.get_int64())); break;
            case dom::element_type::UINT64: kind = CSIMDJSON_UNSIGNED; append_unsigned(checked(value.get_uint64())); break;
            case dom::element_type::DOUBLE:
                kind = CSIMDJSON_DOUBLE;
                if (append_long_integer()) kind = CSIMDJSON_UNSIGNED; else append_double(checked(value.get_double()));
                break;
            case dom::element_type::STRING: kind = CSIMDJSON_STRING; append_string(checked(value.get_string())); break;
            case dom::element_type::ARRAY:
                kind = CSIMDJSON_ARRAY;
                minified.push_back('[');
                for (dom::element child : checked(value.get_array())) {
                    if (count++ > 0) minified.push_back(',');
                    depth = std::max(depth, walk(child));
                }
                minified.push_back(']');
                depth++;
                break;
            case dom::element_type::OBJECT:
                kind = CSIMDJSON_OBJECT;
                minified.push_back('{');
                for (dom::key_value_pair member : checked(value.get_object())) {
                    if (count++ > 0) minified.push_back(',');
                    walk_name(member.key);
                    minified.push_back(':');
                    depth = std::max(depth, walk(member.value));
                }
                minified.push_back('}');
                depth++;
                break;
        }
        csimdjson_node &node = nodes[index];
        node.end = uint32_t(minified.size());
        node.next = uint32_t(nodes.size());
        node.count = count;
        node.depth = depth;
        node.kind = kind;
        return depth;
    }

    void walk_name(std::string_view name) {
        uint32_t start = uint32_t(minified.size());
        append_string(name);
        nodes.push_back({start, uint32_t(minified.size()), uint32_t(nodes.size() + 1), 0, 0, CSIMDJSON_STRING});
    }

    void append(const char *bytes, size_t length) { minified.insert(minified.end(), bytes, bytes + length); }

    void append_integer(int64_t number) {
        char digits[24];
        append(digits, size_t(snprintf(digits, sizeof digits, "%lld", (long long)number)));
    }

    void append_unsigned(uint64_t number) {
        char digits[24];
        append(digits, size_t(snprintf(digits, sizeof digits, "%llu", (unsigned long long)number)));
    }

    // Writes the digits of the double that the walk has come to if it was a long integer in the text; returns whether it was.
    bool append_long_integer() {
        uint32_t index = doubles++;
        if (next_long_integer == long_integers.size() || long_integers[next_long_integer].double_index != index) return false;
        const long_integer &integer = long_integers[next_long_integer++];
        append(text.data() + integer.start, integer.length);
        return true;
    }

    void append_double(double number) {
        char digits[40];
        char *end = internal::to_chars(digits, digits + sizeof digits, number);
        append(digits, size_t(end - digits));
    }

    // A string in the one form that all of ours have: with no escape that is not necessary, and in the shortest way.
    void append_string(std::string_view string) {
        minified.push_back('"');
        size_t clean = 0;
        for (size_t at = 0; at < string.size(); at++) {
            uint8_t c = uint8_t(string[at]);
            if (c >= 0x20 && c != '"' && c != '\\') continue;
            append(string.data() + clean, at - clean);
            append_escape(c);
            clean = at + 1;
        }
        append(string.data() + clean, string.size() - clean);
        minified.push_back('"');
    }

    void append_escape(uint8_t c) {
        switch (c) {
            case '"': append("\\\"", 2); break;
            case '\\': append("\\\\", 2); break;
            case '\b': append("\\b", 2); break;
            case '\f': append("\\f", 2); break;
            case '\n': append("\\n", 2); break;
            case '\r': append("\\r", 2); break;
            case '\t': append("\\t", 2); break;
            default: {
                const char *hex = "0123456789abcdef";
                const char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
                append(escape, sizeof escape);
            }
        }
    }
};

namespace {

const char *sentence(error_code code) {
    switch (code) {
        case EMPTY: return "There is nothing in it.";
        case UTF8_ERROR: return "It is not UTF-8.";
        case DEPTH_ERROR: return "It is nested too deep.";
        case NUMBER_ERROR: return "It has a number that is written wrongly or is too large.";
        case STRING_ERROR: return "It has a string with a wrong escape.";
        case UNESCAPED_CHARS: return "It has a string with a control character that is not escaped.";
        case UNCLOSED_STRING: return "It has a string without an end.";
        case T_ATOM_ERROR: case F_ATOM_ERROR: case N_ATOM_ERROR: return "It has a word other than true, false and null.";
        case CAPACITY: case MEMALLOC: return "It is too large.";
        default: return "It is not written as JSON is.";
    }
}

}  // namespace

csimdjson_parser *csimdjson_parser_new(void) { return new (std::nothrow) csimdjson_parser(); }

void csimdjson_parser_free(csimdjson_parser *parser) { delete parser; }

const char *csimdjson_parse(csimdjson_parser *parser, const uint8_t *text, size_t length) {
    try {
        parser->parse(text, length);
        return nullptr;
    } catch (const malformed &error) {
        return sentence(error.code);
    } catch (const std::bad_alloc &) {
        return "It is too large.";
    }
}

const uint8_t *csimdjson_minified(const csimdjson_parser *parser, size_t *length) {
    *length = parser->minified.size();
    return parser->minified.data();
}

const csimdjson_node *csimdjson_nodes(const csimdjson_parser *parser, size_t *count) {
    *count = parser->nodes.size();
    return parser->nodes.data();
}

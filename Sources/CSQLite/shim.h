// sqlite3_config is variadic, and so cannot be called from Swift.

#ifndef MEELIO_CSQLITE_H
#define MEELIO_CSQLITE_H

#include <sqlite3.h>

/// Lets SQLite not count its memory, which costs a lock for each allocation: https://www.sqlite.org/malloc.html#memstatus
/// Has no effect once SQLite is in use.
static inline void csqlite_count_no_memory(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

#endif

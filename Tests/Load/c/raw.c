// Raw SQLite: what one connection can write if there is no web server, no JSON and no checking, with one commit for each
// bulk. It writes what a synchronising server has to: the record, its place in the feed, the operation's outcome and the
// user's head. usage: raw DATABASE w1|w2 WARM-UP-SECONDS SECONDS USERS RECORDS; prints one line of JSON.

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static const char *schema =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -64000;"
    "CREATE TABLE users (key INTEGER PRIMARY KEY, head INTEGER NOT NULL) STRICT;"
    "CREATE TABLE records (user INTEGER NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, deleted INTEGER NOT NULL,"
    " writer TEXT NOT NULL, document TEXT NOT NULL, PRIMARY KEY (user, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE changes (user INTEGER NOT NULL, version INTEGER NOT NULL, id TEXT NOT NULL, writer TEXT NOT NULL,"
    " deleted INTEGER NOT NULL, PRIMARY KEY (user, version)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE operations (user INTEGER NOT NULL, identity TEXT NOT NULL, version INTEGER NOT NULL,"
    " PRIMARY KEY (user, identity)) STRICT, WITHOUT ROWID;";

static sqlite3 *db;
static sqlite3_stmt *begin, *commit, *select_user, *update_user, *select_operation, *insert_operation, *select_record,
    *upsert_record, *delete_change, *insert_change;
static int *created, *deleted; // per user, records of this run
static long operations;

static void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    fprintf(stderr, "raw: %s\n", sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *prepare(const char *sql) {
    sqlite3_stmt *statement;
    check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL));
    return statement;
}

// Runs a statement to its end or first row; returns that row's first column, or 0.
static sqlite3_int64 run(sqlite3_stmt *statement) {
    int code = sqlite3_step(statement);
    check(code);
    sqlite3_int64 value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    check(sqlite3_reset(statement));
    return value;
}

static void open_database(const char *path) {
    check(sqlite3_open(path, &db));
    check(sqlite3_exec(db, schema, NULL, NULL, NULL));
    begin = prepare("BEGIN IMMEDIATE");
    commit = prepare("COMMIT");
    select_user = prepare("SELECT head FROM users WHERE key = ?1");
    update_user = prepare("INSERT INTO users VALUES (?1, ?2) ON CONFLICT DO UPDATE SET head = excluded.head");
    select_operation = prepare("SELECT version FROM operations WHERE user = ?1 AND identity = ?2");
    insert_operation = prepare("INSERT INTO operations VALUES (?1, ?2, ?3)");
    select_record = prepare("SELECT version, document FROM records WHERE user = ?1 AND id = ?2");
    upsert_record = prepare(
        "INSERT INTO records VALUES (?1, ?2, ?3, ?4, 'device', ?5) ON CONFLICT DO UPDATE SET"
        " version = excluded.version, deleted = excluded.deleted, writer = excluded.writer, document = excluded.document");
    delete_change = prepare("DELETE FROM changes WHERE user = ?1 AND version = ?2");
    insert_change = prepare("INSERT INTO changes VALUES (?1, ?2, ?3, 'device', ?4)");
}

static void bind(sqlite3_stmt *statement, sqlite3_int64 user, const char *text) {
    sqlite3_bind_int64(statement, 1, user);
    sqlite3_bind_text(statement, 2, text, -1, SQLITE_STATIC);
}

// One operation: is it a replay, what is there, and the record, the feed and the outcome anew.
static void apply(int user, const char *id, int is_delete, sqlite3_int64 version) {
    char identity[64], document[512];
    snprintf(identity, sizeof identity, "operation-%d-%ld", user, operations++);
    bind(select_operation, user, identity);
    run(select_operation);
    bind(select_record, user, id);
    sqlite3_int64 previous = run(select_record);
    snprintf(document, sizeof document, is_delete
        ? "{\"id\":\"%s\",\"version\":%lld,\"updatedAt\":\"2026-11-23T10:00:00.000Z\",\"deletedAt\":\"2026-11-23T10:00:00.000Z\"}"
        : "{\"id\":\"%s\",\"title\":\"Water the plants in the living room\",\"description\":\"The big ones twice a week, the small"
          " ones every other day, and the orchid once.\",\"category\":\"home\",\"isFocus\":false,\"status\":\"pending\",\"dueDate\":"
          "\"2026-12-01T09:00:00.000Z\",\"version\":%lld,\"createdAt\":\"2026-11-23T10:00:00.000Z\",\"updatedAt\":"
          "\"2026-11-23T10:00:00.000Z\"}", id, version);
    bind(upsert_record, user, id);
    sqlite3_bind_int64(upsert_record, 3, version);
    sqlite3_bind_int(upsert_record, 4, is_delete);
    sqlite3_bind_text(upsert_record, 5, document, -1, SQLITE_STATIC);
    run(upsert_record);
    if (previous) {
        sqlite3_bind_int64(delete_change, 1, user);
        sqlite3_bind_int64(delete_change, 2, previous);
        run(delete_change);
    }
    sqlite3_bind_int64(insert_change, 1, user);
    sqlite3_bind_int64(insert_change, 2, version);
    sqlite3_bind_text(insert_change, 3, id, -1, SQLITE_STATIC);
    sqlite3_bind_int(insert_change, 4, is_delete);
    run(insert_change);
    bind(insert_operation, user, identity);
    sqlite3_bind_int64(insert_operation, 3, version);
    run(insert_operation);
}

static char *name(char *id, const char *prefix, int user, int number) {
    sprintf(id, "%s-%d-%d", prefix, user, number);
    return id;
}

// One bulk: 1 create, or 3 creates, 6 updates and 1 delete.
static void bulk(int user, int is_w2, int records) {
    char id[64];
    run(begin);
    sqlite3_bind_int64(select_user, 1, user);
    sqlite3_int64 head = run(select_user);
    for (int i = 0; i < (is_w2 ? 3 : 1); i++) apply(user, name(id, "new", user, created[user]++), 0, ++head);
    if (is_w2) {
        for (int i = 0; i < 6; i++) apply(user, name(id, "seed", user, rand() % records), 0, ++head);
        apply(user, name(id, "new", user, deleted[user]++), 1, ++head);
    }
    sqlite3_bind_int64(update_user, 1, user);
    sqlite3_bind_int64(update_user, 2, head);
    run(update_user);
    run(commit);
}

static void seed(int users, int records) {
    char id[64];
    run(begin);
    for (int user = 0; user < users; user++) {
        for (int i = 0; i < records; i++) apply(user, name(id, "seed", user, i), 0, 1700000000000 + i);
        sqlite3_bind_int64(update_user, 1, user);
        sqlite3_bind_int64(update_user, 2, 1700000000000 + records);
        run(update_user);
    }
    run(commit);
    check(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static int by_size(const void *left, const void *right) {
    float a = *(const float *)left, b = *(const float *)right;
    return (a > b) - (a < b);
}

// Commits bulks for so long, with the duration of each; returns how many.
static long commit_for(double seconds, float *durations, long room, int is_w2, int users, int records) {
    double time = now(), end = time + seconds;
    long count = 0;
    while (time < end && count < room) {
        bulk(rand() % users, is_w2, records);
        double after = now();
        durations[count++] = after - time;
        time = after;
    }
    return count;
}

int main(int count, char **arguments) {
    if (count != 7) { fprintf(stderr, "usage: raw DATABASE w1|w2 WARM-UP-SECONDS SECONDS USERS RECORDS\n"); return 1; }
    int is_w2 = !strcmp(arguments[2], "w2"), users = atoi(arguments[5]), records = atoi(arguments[6]);
    created = calloc(users, sizeof *created);
    deleted = calloc(users, sizeof *deleted);
    long room = 10 * 1000 * 1000;
    float *durations = malloc(room * sizeof *durations);
    open_database(arguments[1]);
    seed(users, records);
    long warm = commit_for(atof(arguments[3]), durations, room, is_w2, users, records);

    double start = now(), start_cpu = cpu();
    long bulks = commit_for(atof(arguments[4]), durations, room, is_w2, users, records);
    double seconds = now() - start, seconds_cpu = cpu() - start_cpu;
    qsort(durations, bulks, sizeof *durations, by_size);
    sqlite3_int64 live = run(prepare("SELECT count(*) FROM records WHERE deleted = 0"));
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"requests\": %ld, \"seconds\": %.6f, \"p50\": %.1f, \"p99\": %.1f, \"cpu\": %.3f, \"memory\": %ld, \"missing\": %lld}\n",
        bulks, seconds, durations[bulks / 2] * 1e6, durations[bulks * 99 / 100] * 1e6, seconds_cpu, usage.ru_maxrss * 1024,
        (long long)users * records + (warm + bulks) * (is_w2 ? 2 : 1) - live);
}

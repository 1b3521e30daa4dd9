/*
 * The C client, multi-threaded, against a running server or ensemble: what npm's addon around it cannot do
 * (multi) and what it is better asked directly (fail-over with watches), and the basics again.
 *
 * Usage: checks CONNECT_STRING [--failover]
 *
 * One line a check on standard output: `ok NAME` or `not ok NAME reason`; exit code 1 if one failed. With --failover
 * it writes `ask kill HOST:PORT` or `ask restart HOST:PORT` and waits for a line on standard input.
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zookeeper.h>

enum { PATIENCE_S = 60, TIMEOUT_MS = 15000, PATH = 256 };

static const char *connect_string;
static char root[64];
static char reason[512];
static jmp_buf on_failure;

#define CHECK(holds) \
    do { \
        if (!(holds)) fail("line %d: %s", __LINE__, #holds); \
    } while (0)
#define RC(expected, call) \
    do { \
        int rc_ = (call); \
        if (rc_ != (expected)) fail("line %d: %s: %s", __LINE__, #call, zerror(rc_)); \
    } while (0)
#define fail(...) \
    do { \
        snprintf(reason, sizeof reason, __VA_ARGS__); \
        longjmp(on_failure, 1); \
    } while (0)

/* Watches: the last event of each, awaited. */
struct watch {
    int type;
    char path[PATH];
    int count;
};
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived = PTHREAD_COND_INITIALIZER;

static void on_event(zhandle_t *zh, int type, int state, const char *path, void *context) {
    (void)zh;
    struct watch *watch = context;
    if (watch == NULL) return;
    pthread_mutex_lock(&lock);
    if (type != ZOO_SESSION_EVENT) {
        watch->type = type;
        snprintf(watch->path, PATH, "%s", path);
        watch->count++;
    } else if (state == ZOO_CONNECTED_STATE && watch->path[0] == '\0') {
        watch->type = ZOO_SESSION_EVENT;
    }
    pthread_cond_broadcast(&arrived);
    pthread_mutex_unlock(&lock);
}

/* The watch's `type` is this one, within PATIENCE_S. */
static int happens(struct watch *watch, int type) {
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_S;
    pthread_mutex_lock(&lock);
    while (watch->type != type && pthread_cond_timedwait(&arrived, &lock, &end) == 0) {}
    int as_expected = watch->type == type;
    pthread_mutex_unlock(&lock);
    return as_expected;
}

/* The handle's own watch lives as long as the process: the client may still call it while it closes. */
static zhandle_t *open_client(const char *hosts, int timeout) {
    struct watch *session = calloc(1, sizeof *session);
    zhandle_t *zh = zookeeper_init(hosts, on_event, timeout, NULL, session, 0);
    CHECK(zh != NULL);
    CHECK(happens(session, ZOO_SESSION_EVENT));
    return zh;
}

static const char *at(char *into, const char *name) {
    snprintf(into, PATH, "%s/%s", root, name);
    return into;
}

static int make(zhandle_t *zh, const char *path, const char *data, int flags, char *made) {
    return zoo_create(zh, path, data, (int)strlen(data), &ZOO_OPEN_ACL_UNSAFE, flags, made, made ? PATH : 0);
}

struct synced {
    struct watch watch;
    int rc;
};
static void on_sync(int rc, const char *value, const void *context) {
    (void)value;
    struct synced *s = (struct synced *)context;
    pthread_mutex_lock(&lock);
    s->rc = rc;
    s->watch.type = ZOO_CHANGED_EVENT;
    pthread_cond_broadcast(&arrived);
    pthread_mutex_unlock(&lock);
}
static int sync_client(zhandle_t *zh, const char *path) {
    static struct synced s;
    memset(&s, 0, sizeof s);
    int rc = zoo_async(zh, path, on_sync, &s);
    if (rc != ZOK) return rc;
    return happens(&s.watch, ZOO_CHANGED_EVENT) ? s.rc : ZOPERATIONTIMEOUT;
}

static void reads(zhandle_t *zh, const char *path, const char *expected, struct Stat *stat) {
    static char buffer[1 << 20];
    int length = sizeof buffer;
    RC(ZOK, zoo_get(zh, path, 0, buffer, &length, stat));
    CHECK(length == (int)strlen(expected) && memcmp(buffer, expected, length) == 0);
}

static void check_connect(zhandle_t *zh) {
    CHECK(zoo_client_id(zh)->client_id != 0);
    CHECK(zoo_recv_timeout(zh) == TIMEOUT_MS);
    struct Stat stat;
    RC(ZOK, zoo_exists(zh, "/zookeeper", 0, &stat));
}

static void check_create_persistent(zhandle_t *zh) {
    char path[PATH], made[PATH];
    struct Stat stat;
    RC(ZOK, make(zh, at(path, "persistent"), "a", ZOO_PERSISTENT, made));
    CHECK(strcmp(made, path) == 0);
    reads(zh, path, "a", &stat);
    CHECK(stat.ephemeralOwner == 0 && stat.version == 0 && stat.czxid == stat.pzxid);
    RC(ZOK, zoo_create2(zh, at(path, "persistent/2"), "bc", 2, &ZOO_OPEN_ACL_UNSAFE, 0, made, PATH, &stat));
    CHECK(strcmp(made, path) == 0 && stat.dataLength == 2 && stat.czxid == stat.mzxid);
    /* Null data is not empty data: the C client shows it by the length -1. */
    char buffer[4];
    int length = sizeof buffer;
    RC(ZOK, zoo_create(zh, at(path, "persistent/null"), NULL, -1, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0));
    RC(ZOK, zoo_get(zh, path, 0, buffer, &length, &stat));
    CHECK(length == -1 && stat.dataLength == 0);
}

static void check_create_ephemeral(zhandle_t *zh) {
    char path[PATH];
    struct Stat stat;
    RC(ZOK, make(zh, at(path, "ephemeral"), "", ZOO_EPHEMERAL, NULL));
    RC(ZOK, zoo_exists(zh, path, 0, &stat));
    CHECK(stat.ephemeralOwner == zoo_client_id(zh)->client_id);
}

static void sequence(zhandle_t *zh, const char *name, int flags, int64_t owner) {
    char path[PATH], made[PATH], expected[2 * PATH];
    struct Stat stat;
    RC(ZOK, make(zh, at(path, name), "", 0, NULL));
    strcat(path, "/n-");
    for (int i = 0; i < 3; i++) {
        RC(ZOK, make(zh, path, "", flags | ZOO_SEQUENCE, made));
        snprintf(expected, sizeof expected, "%s%010d", path, i);
        CHECK(strcmp(made, expected) == 0);
        RC(ZOK, zoo_exists(zh, made, 0, &stat));
        CHECK(stat.ephemeralOwner == owner);
    }
}
static void check_create_sequential(zhandle_t *zh) {
    sequence(zh, "sequential", 0, 0);
}
static void check_create_ephemeral_sequential(zhandle_t *zh) {
    sequence(zh, "ephemeral-sequential", ZOO_EPHEMERAL, zoo_client_id(zh)->client_id);
}

static void check_get_set(zhandle_t *zh) {
    static char big[700001];
    char path[PATH];
    struct Stat stat;
    RC(ZOK, make(zh, at(path, "data"), "0", 0, NULL));
    RC(ZOK, zoo_set2(zh, path, "one", 3, 0, &stat));
    CHECK(stat.version == 1 && stat.dataLength == 3 && stat.mzxid > stat.czxid);
    reads(zh, path, "one", &stat);
    memset(big, 'b', sizeof big - 1);
    RC(ZOK, zoo_set(zh, path, big, sizeof big - 1, 1));
    reads(zh, path, big, &stat);
    RC(ZOK, zoo_set(zh, path, "", 0, -1));
    reads(zh, path, "", &stat);
}

static void check_delete(zhandle_t *zh) {
    char path[PATH];
    struct Stat stat;
    RC(ZOK, make(zh, at(path, "deleted"), "", 0, NULL));
    RC(ZOK, zoo_set(zh, path, "x", 1, 0));
    RC(ZOK, zoo_delete(zh, path, 1));
    RC(ZNONODE, zoo_exists(zh, path, 0, &stat));
}

static void check_bad_version(zhandle_t *zh) {
    char path[PATH];
    RC(ZOK, make(zh, at(path, "versions"), "", 0, NULL));
    RC(ZBADVERSION, zoo_set(zh, path, "x", 1, 7));
    RC(ZBADVERSION, zoo_delete(zh, path, 7));
}

static void check_no_node(zhandle_t *zh) {
    char path[PATH], buffer[8];
    int length = sizeof buffer;
    struct String_vector names;
    at(path, "gone");
    RC(ZNONODE, zoo_get(zh, path, 0, buffer, &length, NULL));
    RC(ZNONODE, zoo_set(zh, path, "x", 1, -1));
    RC(ZNONODE, zoo_delete(zh, path, -1));
    RC(ZNONODE, zoo_get_children(zh, path, 0, &names));
    RC(ZNONODE, make(zh, strcat(path, "/child"), "", 0, NULL));
}

static void check_node_exists(zhandle_t *zh) {
    RC(ZNODEEXISTS, make(zh, root, "", 0, NULL));
}
static void check_not_empty(zhandle_t *zh) {
    RC(ZNOTEMPTY, zoo_delete(zh, root, -1));
}
static void check_no_children_for_ephemerals(zhandle_t *zh) {
    char path[PATH];
    RC(ZOK, make(zh, at(path, "ephemeral-parent"), "", ZOO_EPHEMERAL, NULL));
    RC(ZNOCHILDRENFOREPHEMERALS, make(zh, strcat(path, "/child"), "", 0, NULL));
}

static void check_children(zhandle_t *zh) {
    char path[PATH];
    struct String_vector names;
    struct Stat stat;
    RC(ZOK, make(zh, at(path, "children"), "", 0, NULL));
    RC(ZOK, make(zh, at(path, "children/a"), "", 0, NULL));
    RC(ZOK, make(zh, at(path, "children/b"), "", 0, NULL));
    RC(ZOK, zoo_delete(zh, at(path, "children/a"), -1));
    RC(ZOK, zoo_get_children2(zh, at(path, "children"), 0, &names, &stat));
    CHECK(names.count == 1 && strcmp(names.data[0], "b") == 0);
    CHECK(stat.numChildren == 1 && stat.cversion == 3 && stat.version == 0);
    deallocate_String_vector(&names);
}

static void check_watch_data(zhandle_t *zh) {
    static struct watch changed, deleted;
    char path[PATH], buffer[8];
    int length = sizeof buffer;
    RC(ZOK, make(zh, at(path, "watch-data"), "", 0, NULL));
    RC(ZOK, zoo_wget(zh, path, on_event, &changed, buffer, &length, NULL));
    RC(ZOK, zoo_set(zh, path, "x", 1, -1));
    CHECK(happens(&changed, ZOO_CHANGED_EVENT) && strcmp(changed.path, path) == 0);
    length = sizeof buffer;
    RC(ZOK, zoo_wget(zh, path, on_event, &deleted, buffer, &length, NULL));
    RC(ZOK, zoo_delete(zh, path, -1));
    CHECK(happens(&deleted, ZOO_DELETED_EVENT));
}

static void check_watch_exists(zhandle_t *zh) {
    static struct watch created;
    char path[PATH];
    struct Stat stat;
    RC(ZNONODE, zoo_wexists(zh, at(path, "watch-exists"), on_event, &created, &stat));
    RC(ZOK, make(zh, path, "", 0, NULL));
    CHECK(happens(&created, ZOO_CREATED_EVENT) && strcmp(created.path, path) == 0);
}

static void check_watch_children(zhandle_t *zh) {
    static struct watch child, deleted;
    char path[PATH], below[PATH];
    struct String_vector names;
    RC(ZOK, make(zh, at(path, "watch-children"), "", 0, NULL));
    RC(ZOK, zoo_wget_children(zh, path, on_event, &child, &names));
    RC(ZOK, make(zh, at(below, "watch-children/a"), "", 0, NULL));
    CHECK(happens(&child, ZOO_CHILD_EVENT) && strcmp(child.path, path) == 0);
    RC(ZOK, zoo_delete(zh, below, -1));
    RC(ZOK, zoo_wget_children(zh, path, on_event, &deleted, &names));
    RC(ZOK, zoo_delete(zh, path, -1));
    CHECK(happens(&deleted, ZOO_DELETED_EVENT));
}

static void check_multi(zhandle_t *zh) {
    char path[PATH], below[PATH], gone[PATH], made[PATH], made_below[PATH], expected[2 * PATH];
    struct Stat stat;
    zoo_op_t ops[6];
    zoo_op_result_t results[6];
    at(path, "multi"), at(below, "multi/s-"), at(gone, "multi/x");
    zoo_create_op_init(&ops[0], path, "a", 1, &ZOO_OPEN_ACL_UNSAFE, 0, made, PATH);
    zoo_create_op_init(&ops[1], below, "", 0, &ZOO_OPEN_ACL_UNSAFE, ZOO_SEQUENCE, made_below, PATH);
    zoo_set_op_init(&ops[2], path, "b", 1, 0, &stat);
    zoo_check_op_init(&ops[3], path, 1);
    zoo_create_op_init(&ops[4], gone, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    zoo_delete_op_init(&ops[5], gone, 0);
    RC(ZOK, zoo_multi(zh, 6, ops, results));
    for (int i = 0; i < 6; i++) RC(ZOK, results[i].err);
    snprintf(expected, sizeof expected, "%s0000000000", below);
    CHECK(strcmp(made, path) == 0 && strcmp(made_below, expected) == 0 && stat.version == 1);
    reads(zh, path, "b", &stat);
    CHECK(stat.czxid == stat.mzxid && stat.numChildren == 1);
    RC(ZNONODE, zoo_exists(zh, gone, 0, NULL));
}

static void check_multi_rollback(zhandle_t *zh) {
    char path[PATH], below[PATH];
    struct Stat stat;
    zoo_op_t ops[4];
    zoo_op_result_t results[4];
    RC(ZOK, make(zh, at(path, "rollback"), "before", 0, NULL));
    at(below, "rollback/child");
    zoo_set_op_init(&ops[0], path, "after", 5, -1, &stat);
    zoo_create_op_init(&ops[1], below, "", 0, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
    zoo_check_op_init(&ops[2], path, 77);
    zoo_delete_op_init(&ops[3], path, -1);
    RC(ZBADVERSION, zoo_multi(zh, 4, ops, results));
    CHECK(results[0].err == 0 && results[1].err == 0);
    CHECK(results[2].err == ZBADVERSION && results[3].err == ZRUNTIMEINCONSISTENCY);
    reads(zh, path, "before", &stat);
    CHECK(stat.version == 0 && stat.cversion == 0 && stat.numChildren == 0 && stat.pzxid == stat.czxid);
}

static void check_sync(zhandle_t *zh) {
    char hosts[1024], path[PATH];
    snprintf(hosts, sizeof hosts, "%s", connect_string);
    RC(ZOK, make(zh, at(path, "sync"), "", 0, NULL));
    for (char *host = strtok(hosts, ","); host != NULL; host = strtok(NULL, ",")) {
        zhandle_t *reader = open_client(host, TIMEOUT_MS);
        struct Stat stat;
        RC(ZOK, zoo_set(zh, path, host, (int)strlen(host), -1));
        RC(ZOK, sync_client(reader, path));
        reads(reader, path, host, &stat);
        RC(ZOK, zookeeper_close(reader));
    }
}

static void check_close_removes_ephemerals(zhandle_t *zh) {
    static struct watch deleted;
    char path[PATH];
    struct Stat stat;
    zhandle_t *other = open_client(connect_string, TIMEOUT_MS);
    RC(ZOK, make(other, at(path, "closing"), "", ZOO_EPHEMERAL, NULL));
    RC(ZOK, sync_client(zh, path));
    RC(ZOK, zoo_wexists(zh, path, on_event, &deleted, &stat));
    RC(ZOK, zookeeper_close(other));
    CHECK(happens(&deleted, ZOO_DELETED_EVENT));
}

static void ask(const char *what, const char *server) {
    char answer[512];
    printf("ask %s %s\n", what, server);
    fflush(stdout);
    CHECK(fgets(answer, sizeof answer, stdin) != NULL);
    if (strcmp(answer, "done\n") != 0) fail("asked to %s: %s", what, answer);
}

static void server_of(zhandle_t *zh, char *into) {
    struct sockaddr_in address;
    socklen_t length = sizeof address;
    CHECK(zookeeper_get_connected_host(zh, (struct sockaddr *)&address, &length) != NULL);
    CHECK(address.sin_family == AF_INET);
    snprintf(into, PATH, "%s:%d", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
}

/* Again while the connection is lost, for PATIENCE_S. */
#define RETRY(call) \
    do { \
        int rc_ = ZCONNECTIONLOSS; \
        for (int i_ = 0; i_ < PATIENCE_S * 20; i_++) { \
            rc_ = (call); \
            if (rc_ != ZCONNECTIONLOSS && rc_ != ZOPERATIONTIMEOUT) break; \
            usleep(50000); \
        } \
        if (rc_ != ZOK) fail("line %d: %s: %s", __LINE__, #call, zerror(rc_)); \
    } while (0)

/* The server under a session is killed: the session and its watches go on elsewhere, or there again. */
static void check_failover(zhandle_t *zh) {
    static struct watch changed;
    char path[PATH], mine[PATH], server[PATH], now[PATH], buffer[16];
    int alone = strchr(connect_string, ',') == NULL;
    int length = sizeof buffer;
    struct Stat stat;
    zhandle_t *client = open_client(connect_string, 2 * TIMEOUT_MS);
    int64_t session = zoo_client_id(client)->client_id;
    RC(ZOK, make(client, at(path, "failover"), "before", 0, NULL));
    RC(ZOK, make(client, at(mine, "failover/mine"), "", ZOO_EPHEMERAL, NULL));
    RC(ZOK, zoo_wget(client, path, on_event, &changed, buffer, &length, NULL));
    server_of(client, server);
    ask("kill", server);
    if (alone) ask("restart", server);
    RETRY(zoo_set(zh, path, "after", 5, -1));
    CHECK(happens(&changed, ZOO_CHANGED_EVENT) && strcmp(changed.path, path) == 0);
    RETRY(sync_client(client, path));
    length = sizeof buffer;
    RETRY(zoo_get(client, path, 0, buffer, &length, &stat));
    CHECK(length == 5 && memcmp(buffer, "after", 5) == 0);
    RETRY(zoo_exists(client, mine, 0, &stat));
    CHECK(stat.ephemeralOwner == session && zoo_client_id(client)->client_id == session);
    server_of(client, now);
    CHECK(alone || strcmp(now, server) != 0);
    if (!alone) ask("restart", server);
    RC(ZOK, zookeeper_close(client));
    RETRY(sync_client(zh, path));
    RC(ZNONODE, zoo_exists(zh, mine, 0, &stat));
}

static const struct {
    const char *name;
    void (*run)(zhandle_t *);
} checks[] = {
    {"connect", check_connect},
    {"create-persistent", check_create_persistent},
    {"create-ephemeral", check_create_ephemeral},
    {"create-sequential", check_create_sequential},
    {"create-ephemeral-sequential", check_create_ephemeral_sequential},
    {"get-set", check_get_set},
    {"delete", check_delete},
    {"bad-version", check_bad_version},
    {"no-node", check_no_node},
    {"node-exists", check_node_exists},
    {"not-empty", check_not_empty},
    {"no-children-for-ephemerals", check_no_children_for_ephemerals},
    {"children", check_children},
    {"watch-data", check_watch_data},
    {"watch-exists", check_watch_exists},
    {"watch-children", check_watch_children},
    {"multi", check_multi},
    {"multi-rollback", check_multi_rollback},
    {"sync", check_sync},
    {"close-removes-ephemerals", check_close_removes_ephemerals},
    {"failover", check_failover},
};

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    connect_string = argv[1];
    int with_failover = argc > 2 && strcmp(argv[2], "--failover") == 0;
    volatile int failed = 0;
    zoo_set_debug_level(0);
    snprintf(root, sizeof root, "/c-%d-%ld", getpid(), (long)time(NULL));
    if (setjmp(on_failure) != 0) {
        printf("not ok connect %s\n", reason);
        return 1;
    }
    zhandle_t *volatile zh = open_client(connect_string, TIMEOUT_MS);
    RC(ZOK, make(zh, root, "", 0, NULL));
    for (volatile size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (checks[i].run == check_failover && !with_failover) continue;
        if (setjmp(on_failure) == 0) {
            checks[i].run(zh);
            printf("ok %s\n", checks[i].name);
        } else {
            failed = 1;
            printf("not ok %s %s\n", checks[i].name, reason);
        }
        fflush(stdout);
    }
    zookeeper_close(zh);
    return failed;
}

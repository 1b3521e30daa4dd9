/*
 * Load generator: keeps C connections × W outstanding requests on ZooKeeper servers and measures a window.
 *
 * It is C and epoll, because it has to cost less than the servers that it loads: requests come from templates, of
 * replies only length, xid order and error code are looked at, and a batch of replies is refilled by one write.
 *
 * load HOSTS CONNECTIONS OUTSTANDING read|write|create|mixed WARMUP_S SECONDS ROOT PIDS
 *   HOSTS a.b.c.d:port,…   connection i goes to host i modulo their number
 *   ROOT  a path that must not exist; it is removed at the end
 *   PIDS  pid,…            whose CPU is read from /proc at both ends of the window
 * One line of JSON on standard output. Exit 1: an error reply, a reply out of order, a lost connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    KEYS = 1024, VALUE = 1024, CREATED_VALUE = 16, MAX_CONNECTIONS = 1024, MAX_OUTSTANDING = 1024,
    IN_SIZE = 1 << 18, REQUEST_MAX = 2048, BUCKETS = 64 * 64
};
enum op { CREATE = 1, DELETE = 2, GET = 4, SET = 5, SYNC = 9, CLOSE = -11 };
enum mix { READ, WRITE, CREATES, MIXED, REMOVAL };

struct connection {
    int fd, wants_out;
    uint32_t sent, answered;      /* requests; the xid of each is its number */
    uint64_t created, removed;    /* nodes of this connection under ROOT */
    uint32_t random;
    uint64_t at[MAX_OUTSTANDING]; /* ns, when request n was sent: at[n % MAX_OUTSTANDING] */
    uint8_t *in, *out;
    size_t in_length, out_from, out_to;
};

static struct connection connections[MAX_CONNECTIONS];
static int connection_count, outstanding, epoll_fd, finished;
static enum mix mix;
static const char *root;
static uint8_t get_template[KEYS][128], set_template[KEYS][VALUE + 128];
static size_t get_length[KEYS], set_length[KEYS], out_size;
static uint64_t histogram[BUCKETS], answered_in_window, bytes_in_window;
static int measuring, stopping;

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint8_t *put32(uint8_t *p, int32_t v) {
    uint32_t n = htonl((uint32_t)v);
    memcpy(p, &n, 4);
    return p + 4;
}
static int32_t get32(const uint8_t *p) {
    uint32_t n;
    memcpy(&n, p, 4);
    return (int32_t)ntohl(n);
}
static uint8_t *put_string(uint8_t *p, const char *s) {
    size_t length = strlen(s);
    p = put32(p, (int32_t)length);
    memcpy(p, s, length);
    return p + length;
}
static uint8_t *put_value(uint8_t *p, int length) {
    p = put32(p, length);
    memset(p, 'v', (size_t)length);
    return p + length;
}
static uint8_t *begin(uint8_t *p, enum op op) { /* `finish` writes the length, the sender the xid */
    return put32(put32(p + 4, 0), op);
}
static size_t finish(uint8_t *start, uint8_t *end) {
    put32(start, (int32_t)(end - start - 4));
    return (size_t)(end - start);
}
static size_t build_create(uint8_t *at, const char *path, int value) {
    uint8_t *p = put_value(put_string(begin(at, CREATE), path), value);
    p = put32(put32(p, 1), 31); /* one ACL: all to world:anyone */
    p = put_string(put_string(p, "world"), "anyone");
    return finish(at, put32(p, 0));
}
static size_t build_delete(uint8_t *at, const char *path) {
    return finish(at, put32(put_string(begin(at, DELETE), path), -1));
}

/* Buckets of about 1.6 %: 64 for each power of two of nanoseconds. */
static unsigned bucket_of(uint64_t ns) {
    unsigned power = 63u - (unsigned)__builtin_clzll(ns | 64);
    return (power - 6u + 1u) * 64u + (unsigned)((ns >> (power - 6u)) & 63u);
}
static double bucket_us(unsigned bucket) {
    unsigned power = bucket / 64u - 1u + 6u;
    return (double)((64ull + bucket % 64u) << (power - 6u)) * 1.0078 / 1000.0;
}
static double percentile(double share) {
    uint64_t rank = (uint64_t)(share * (double)answered_in_window), seen = 0;
    for (unsigned b = 0; b < BUCKETS; b++) {
        seen += histogram[b];
        if (seen > rank) return bucket_us(b);
    }
    return 0;
}

static void write_all(int fd, const uint8_t *p, size_t length) {
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0) die("write: %s", strerror(errno));
        p += n, length -= (size_t)n;
    }
}
static void read_all(int fd, uint8_t *p, size_t length) {
    while (length > 0) {
        ssize_t n = read(fd, p, length);
        if (n <= 0) die("the server closed a connection");
        p += n, length -= (size_t)n;
    }
}

static void connect_to(struct connection *c, const char *host, int index) {
    char name[64];
    uint8_t hello[49] = {0}, answer[64];
    snprintf(name, sizeof name, "%s", host);
    char *colon = strrchr(name, ':');
    if (colon == NULL) die("not HOST:PORT: %s", host);
    *colon = '\0';
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    if (inet_pton(AF_INET, name, &address.sin_addr) != 1) die("not an IPv4 address: %s", name);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) != 0) die("connect to %s: %s", host, strerror(errno));
    put32(hello, 45);       /* protocol 0, zxid 0, */
    put32(hello + 16, 30000); /* timeout, session 0, */
    put32(hello + 28, 16);  /* 16 bytes of password, not read-only */
    write_all(c->fd, hello, sizeof hello);
    read_all(c->fd, answer, 4);
    int32_t length = get32(answer);
    if (length < 36 || length > 60) die("no ConnectResponse from %s", host);
    read_all(c->fd, answer, (size_t)length);
    if (get32(answer + 4) <= 0) die("no session from %s", host);
    c->random = 0x9e3779b9u * (uint32_t)(index + 1) | 1u;
    c->in = malloc(IN_SIZE);
    c->out = malloc(out_size);
}

/* The error code of the next answer; used before and after the load. */
static int32_t answer_of(struct connection *c) {
    uint8_t header[20], rest[4096];
    read_all(c->fd, header, 20);
    size_t left = (size_t)get32(header) - 16;
    if (left > sizeof rest) die("an answer of %zu bytes", left);
    read_all(c->fd, rest, left);
    return get32(header + 16);
}
static void call(struct connection *c, uint8_t *request, size_t length) {
    put32(request + 4, (int32_t)++c->sent);
    write_all(c->fd, request, length);
    int32_t err = answer_of(c);
    c->answered = c->sent;
    if (err != 0) die("error %d while preparing", err);
}

static void make_keys(struct connection *c) {
    static uint8_t request[REQUEST_MAX];
    char path[128];
    call(c, request, build_create(request, root, 0));
    for (int i = 0; i < KEYS; i++) {
        snprintf(path, sizeof path, "%s/k%04d", root, i);
        uint8_t *p = put_string(begin(get_template[i], GET), path);
        *p = 0;
        get_length[i] = finish(get_template[i], p + 1);
        p = put_value(put_string(begin(set_template[i], SET), path), VALUE);
        set_length[i] = finish(set_template[i], put32(p, -1));
    }
    for (int from = 0; from < KEYS; from += 64) {
        for (int i = from; i < from + 64; i++) {
            snprintf(path, sizeof path, "%s/k%04d", root, i);
            size_t length = build_create(request, path, VALUE);
            put32(request + 4, (int32_t)++c->sent);
            write_all(c->fd, request, length);
        }
        for (int i = 0; i < 64; i++) if (answer_of(c) != 0) die("a key was not created");
    }
    c->answered = c->sent;
}

/* Append one request to the connection's output. False when there is nothing left to do. */
static int append_request(struct connection *c, uint64_t now) {
    uint8_t *at = c->out + c->out_to;
    char path[128];
    c->random = c->random * 1664525u + 1013904223u;
    unsigned key = (c->random >> 16) % KEYS;
    enum mix kind = mix;
    if (kind == MIXED) kind = (c->random >> 8) % 100 < 70 ? READ : WRITE;
    if (kind == READ) {
        memcpy(at, get_template[key], get_length[key]);
        c->out_to += get_length[key];
    } else if (kind == WRITE) {
        memcpy(at, set_template[key], set_length[key]);
        c->out_to += set_length[key];
    } else {
        if (kind == REMOVAL && c->removed == c->created) return 0;
        uint64_t n = kind == CREATES ? c->created++ : c->removed++;
        snprintf(path, sizeof path, "%s/c%ld-%llu", root, (long)(c - connections), (unsigned long long)n);
        c->out_to += kind == CREATES ? build_create(at, path, CREATED_VALUE) : build_delete(at, path);
    }
    put32(at + 4, (int32_t)++c->sent);
    c->at[c->sent % MAX_OUTSTANDING] = now;
    return 1;
}

static void flush(struct connection *c) {
    while (c->out_from < c->out_to) {
        ssize_t n = write(c->fd, c->out + c->out_from, c->out_to - c->out_from);
        if (n < 0 && errno == EAGAIN) break;
        if (n < 0) die("write: %s", strerror(errno));
        c->out_from += (size_t)n;
    }
    int waiting = c->out_from < c->out_to;
    if (!waiting) c->out_from = c->out_to = 0;
    if (waiting == c->wants_out) return;
    struct epoll_event e = {.events = EPOLLIN | (waiting ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
    c->wants_out = waiting;
}

static void refill(struct connection *c, uint64_t now) {
    if (c->out_from > 0) {
        memmove(c->out, c->out + c->out_from, c->out_to - c->out_from);
        c->out_to -= c->out_from, c->out_from = 0;
    }
    while (!stopping && c->sent - c->answered < (uint32_t)outstanding && append_request(c, now)) {}
    if (c->sent == c->answered) finished++;
    flush(c);
}

static void on_readable(struct connection *c) {
    ssize_t n = read(c->fd, c->in + c->in_length, IN_SIZE - c->in_length);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) die("the server closed a connection under load");
    uint64_t now = now_ns();
    c->in_length += (size_t)n;
    size_t from = 0;
    while (c->in_length - from >= 20) {
        size_t length = 4 + (size_t)get32(c->in + from);
        if (length > IN_SIZE) die("a reply of %zu bytes", length);
        if (c->in_length - from < length) break;
        int32_t xid = get32(c->in + from + 4), err = get32(c->in + from + 16);
        if (xid != (int32_t)++c->answered) die("reply %d instead of %u", xid, c->answered);
        if (err != 0) die("error %d under load", err);
        if (measuring) {
            histogram[bucket_of(now - c->at[c->answered % MAX_OUTSTANDING])]++;
            answered_in_window++;
            bytes_in_window += length;
        }
        from += length;
    }
    memmove(c->in, c->in + from, c->in_length - from);
    c->in_length -= from;
    if (from > 0) refill(c, now);
}

/* Until `end` (ns), or, when stopping or removing, until every connection has nothing outstanding. */
static void drive(uint64_t end) {
    struct epoll_event events[256];
    while (finished < connection_count && (end == 0 || now_ns() < end)) {
        int ready = epoll_wait(epoll_fd, events, 256, 100);
        for (int i = 0; i < ready; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) flush(c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) on_readable(c);
        }
    }
}

static double own_cpu_us(void) {
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* User and system time of each server process, all its threads, in µs (the kernel counts in ticks of 10 ms). */
static double servers_cpu_us(const char *pids) {
    double sum = 0;
    char copy[256], file[64], line[1024];
    snprintf(copy, sizeof copy, "%s", pids);
    for (char *pid = strtok(copy, ","); pid != NULL; pid = strtok(NULL, ",")) {
        unsigned long user, system;
        snprintf(file, sizeof file, "/proc/%s/stat", pid);
        FILE *f = fopen(file, "r");
        if (f == NULL || fgets(line, sizeof line, f) == NULL) die("no process %s", pid);
        fclose(f);
        char *after = strrchr(line, ')');
        const char *fields = " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu";
        if (after == NULL || sscanf(after + 1, fields, &user, &system) != 2) die("%s: unexpected line", file);
        sum += (double)(user + system) * 1e6 / (double)sysconf(_SC_CLK_TCK);
    }
    return sum;
}

static void set_blocking(int blocking) {
    for (int i = 0; i < connection_count; i++) {
        int flags = fcntl(connections[i].fd, F_GETFL);
        fcntl(connections[i].fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
    }
}
static void start_all(void) {
    finished = stopping = 0;
    uint64_t now = now_ns();
    for (int i = 0; i < connection_count; i++) refill(&connections[i], now);
}
static void let_all_end(void) {
    stopping = 1;
    finished = 0;
    for (int i = 0; i < connection_count; i++) finished += connections[i].sent == connections[i].answered;
    drive(0);
}

static void clean_up(void) {
    static uint8_t request[REQUEST_MAX];
    char path[128];
    if (mix == CREATES) {
        mix = REMOVAL;
        outstanding = 32 > outstanding ? 32 : outstanding;
        start_all();
        drive(0);
    }
    set_blocking(1);
    struct connection *c = &connections[0];
    for (int i = 0; i < KEYS; i++) {
        snprintf(path, sizeof path, "%s/k%04d", root, i);
        call(c, request, build_delete(request, path));
    }
    call(c, request, build_delete(request, root));
    for (int i = 0; i < connection_count; i++) call(&connections[i], request, finish(request, begin(request, CLOSE)));
}

int main(int argc, char **argv) {
    static const char *names[] = {"read", "write", "create", "mixed"};
    static uint8_t request[REQUEST_MAX];
    if (argc != 9) die("usage: load HOSTS CONNECTIONS OUTSTANDING MIX WARMUP_S SECONDS ROOT PIDS");
    connection_count = atoi(argv[2]), outstanding = atoi(argv[3]), root = argv[7];
    if (connection_count < 1 || connection_count > MAX_CONNECTIONS) die("connections: 1 to %d", MAX_CONNECTIONS);
    if (outstanding < 1 || outstanding >= MAX_OUTSTANDING) die("outstanding: 1 to %d", MAX_OUTSTANDING - 1);
    for (mix = READ; mix <= MIXED && strcmp(names[mix], argv[4]) != 0; mix++) {}
    if (mix > MIXED) die("mix: read, write, create or mixed");
    out_size = (size_t)(outstanding + 33) * REQUEST_MAX;
    char *hosts[16], copy[512];
    int host_count = 0;
    snprintf(copy, sizeof copy, "%s", argv[1]);
    for (char *h = strtok(copy, ","); h != NULL && host_count < 16; h = strtok(NULL, ",")) hosts[host_count++] = h;
    epoll_fd = epoll_create1(0);
    for (int i = 0; i < connection_count; i++) connect_to(&connections[i], hosts[i % host_count], i);
    make_keys(&connections[0]);
    for (int i = 0; i < connection_count; i++) {
        call(&connections[i], request, finish(request, put_string(begin(request, SYNC), root)));
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = &connections[i]};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, connections[i].fd, &e);
    }
    set_blocking(0);
    start_all();
    drive(now_ns() + (uint64_t)(atof(argv[5]) * 1e9));
    double servers_before = servers_cpu_us(argv[8]), own_before = own_cpu_us();
    uint64_t from = now_ns();
    measuring = 1;
    drive(from + (uint64_t)(atof(argv[6]) * 1e9));
    measuring = 0;
    double seconds = (double)(now_ns() - from) / 1e9;
    double servers = servers_cpu_us(argv[8]) - servers_before, own = own_cpu_us() - own_before;
    if (answered_in_window == 0) die("no answer in the whole window");
    let_all_end();
    clean_up();
    printf("{\"operations\":%llu,\"seconds\":%.6f,\"bytes\":%llu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,"
           "\"serverCpu\":%.0f,\"generatorCpu\":%.0f}\n",
           (unsigned long long)answered_in_window, seconds, (unsigned long long)bytes_in_window, percentile(0.5),
           percentile(0.99), percentile(0.999), servers, own);
    return 0;
}

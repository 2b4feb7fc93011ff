/*
 * smtp-load: sends the messages of a mix over SMTP (no pipelining, many messages a connection) to
 * a Postfix on the loopback, and measures.
 *
 * Latency of a message: from the writing of MAIL to the reading of the reply to the final dot.
 *
 * Exit status: 0 every message had an expected reply, 1 errors or other replies, 2 wrong usage,
 * 3 the hard limit of time.
 */
#define _GNU_SOURCE

#include "load.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    const char *server, *messages, *expect, *samples, *sender, *recipient;
    unsigned connections, per_connection, seconds, timeout;
    unsigned long total;
    uint64_t seed;
} opt = {
    .sender = "nguoi.gui@example.net",
    .recipient = "nguoi.nhan@example.vn",
    .connections = 1,
    .total = 100,
    .seconds = 60,
    .timeout = 60,
    .seed = 1,
};

static struct mix mix;
static struct { char *text; size_t len; } *wire; /* dot-stuffed, with the final dot */
static atomic_ulong next_message, error_count;
static pthread_barrier_t all_ready;
static uint64_t deadline_ns;
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static char first_error[300];

struct conn {
    int fd;
    unsigned number;
    char in[8192];
    size_t in_at, in_len;
    char line[1024];
    struct samples samples;
    int failed;
};

static int conn_fail(struct conn *c, const char *what)
{
    c->failed = 1;
    atomic_fetch_add(&error_count, 1);
    pthread_mutex_lock(&report_lock);
    if (first_error[0] == 0)
        snprintf(first_error, sizeof first_error, "%.250s", what);
    pthread_mutex_unlock(&report_lock);
    return -1;
}

static int put(struct conn *c, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(c->fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return conn_fail(c, errno == EAGAIN ? "write timed out" : strerror(errno));
        data += n;
        len -= (size_t)n;
    }
    return 0;
}

/* Reads a reply, all its lines; returns its code or -1. The last line stays in c->line. */
static int reply(struct conn *c)
{
    size_t len = 0;

    for (;;) {
        if (c->in_at == c->in_len) {
            ssize_t n = read(c->fd, c->in, sizeof c->in);

            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                return conn_fail(c, n == 0 ? "the server closed the connection"
                                           : errno == EAGAIN ? "read timed out" : strerror(errno));
            c->in_at = 0;
            c->in_len = (size_t)n;
        }
        char b = c->in[c->in_at++];

        if (b != '\n') {
            if (len < sizeof c->line - 1)
                c->line[len++] = b;
            continue;
        }
        c->line[len] = 0;
        if (len >= 4 && c->line[3] == '-') {
            len = 0;
            continue;
        }
        if (len < 3 || !isdigit((unsigned char)c->line[0]))
            return conn_fail(c, "no SMTP reply");
        return atoi(c->line);
    }
}

static int command(struct conn *c, const char *text)
{
    if (put(c, text, strlen(text)) != 0)
        return -1;
    return reply(c);
}

static int session_open(struct conn *c)
{
    c->in_at = c->in_len = 0;
    c->fd = load_connect(opt.server, opt.timeout);
    if (c->fd < 0)
        return conn_fail(c, strerror(errno));
    if (reply(c) != 220 || command(c, "EHLO client.example.net\r\n") != 250)
        return c->failed ? -1 : conn_fail(c, c->line);
    return 0;
}

static void session_close(struct conn *c)
{
    if (c->fd < 0)
        return;
    if (!c->failed)
        command(c, "QUIT\r\n");
    close(c->fd);
    c->fd = -1;
}

static int send_message(struct conn *c, size_t index, unsigned number)
{
    struct sample s = {.connection = c->number, .number = number};
    char text[600];
    int code;

    s.start_ns = now_ns();
    snprintf(text, sizeof text, "MAIL FROM:<%s>\r\n", opt.sender);
    if ((code = command(c, text)) == 250) {
        snprintf(text, sizeof text, "RCPT TO:<%s>\r\n", opt.recipient);
        if ((code = command(c, text)) == 250 && (code = command(c, "DATA\r\n")) == 354) {
            if (put(c, wire[index].text, wire[index].len) != 0)
                return -1;
            code = reply(c);
        }
    }
    if (code < 0)
        return -1;
    s.end_ns = now_ns();
    s.code = code;
    samples_add(&c->samples, s);
    return 0;
}

static void *connection_run(void *arg)
{
    struct conn *c = arg;
    unsigned number = 0;
    int open = session_open(c) == 0;

    pthread_barrier_wait(&all_ready);
    pthread_barrier_wait(&all_ready);
    while (open && !atomic_load(&load_stop) && now_ns() < deadline_ns) {
        unsigned long index = atomic_fetch_add(&next_message, 1);

        if (index >= opt.total)
            break;
        if (opt.per_connection && number > 0 && number % opt.per_connection == 0) {
            session_close(c);
            if (session_open(c) != 0)
                break;
        }
        if (send_message(c, mix.order[index % mix.order_len], number++) != 0)
            break;
    }
    session_close(c);
    return NULL;
}

static void wire_build(void)
{
    wire = xmalloc(mix.count * sizeof *wire);
    for (size_t i = 0; i < mix.count; i++) {
        const struct message *m = &mix.messages[i];
        size_t dots = 0;
        char *out;

        for (size_t j = 0; j < m->raw_len; j++)
            dots += m->raw[j] == '.' && (j == 0 || m->raw[j - 1] == '\n');
        out = wire[i].text = xmalloc(m->raw_len + dots + 3);
        for (size_t j = 0; j < m->raw_len; j++) {
            if (m->raw[j] == '.' && (j == 0 || m->raw[j - 1] == '\n'))
                *out++ = '.';
            *out++ = (char)m->raw[j];
        }
        memcpy(out, ".\r\n", 3);
        wire[i].len = (size_t)(out + 3 - wire[i].text);
    }
}

static int is_expected(int code)
{
    char text[16];

    snprintf(text, sizeof text, "%d", code);
    return opt.expect ? strstr(opt.expect, text) != NULL : code == 250;
}

static void usage(FILE *to)
{
    fputs("usage: smtp-load --server inet:127.0.0.1:PORT --messages PATH [options]\n"
          "  --messages PATH       a folder of *.eml, one .eml, or a list of WEIGHT<TAB>FILE lines\n"
          "  --connections N       SMTP connections at once (1)\n"
          "  --total N             messages over all connections (100)\n"
          "  --per-connection M    new connection after M messages (0: never)\n"
          "  --seconds S           begin no message after S seconds (60)\n"
          "  --timeout S           longest wait on a socket (60)\n"
          "  --seed N              order of the messages (1)\n"
          "  --expect LIST         expected final replies (250)\n"
          "  --from A --to B       envelope\n"
          "  --samples FILE        one line per message\n"
          "prints one JSON object; SIGTERM ends early and prints too\n",
          to);
}

static void parse_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"server", 1, NULL, 's'},  {"messages", 1, NULL, 'm'}, {"connections", 1, NULL, 'n'},
        {"total", 1, NULL, 't'},   {"per-connection", 1, NULL, 'p'},
        {"seconds", 1, NULL, 'S'}, {"timeout", 1, NULL, 'T'},  {"seed", 1, NULL, 'r'},
        {"expect", 1, NULL, 'e'},  {"from", 1, NULL, 'f'},     {"to", 1, NULL, 'o'},
        {"samples", 1, NULL, 'a'}, {"help", 0, NULL, 'h'},     {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (o) {
        case 's': opt.server = optarg; break;
        case 'm': opt.messages = optarg; break;
        case 'n': opt.connections = (unsigned)parse_number("--connections", optarg, 1, MAX_CONNECTIONS); break;
        case 't': opt.total = parse_number("--total", optarg, 1, MAX_TOTAL); break;
        case 'p': opt.per_connection = (unsigned)parse_number("--per-connection", optarg, 0, MAX_TOTAL); break;
        case 'S': opt.seconds = (unsigned)parse_number("--seconds", optarg, 1, MAX_SECONDS); break;
        case 'T': opt.timeout = (unsigned)parse_number("--timeout", optarg, 1, MAX_SECONDS); break;
        case 'r': opt.seed = parse_number("--seed", optarg, 1, 1000000000); break;
        case 'e': opt.expect = optarg; break;
        case 'f': opt.sender = optarg; break;
        case 'o': opt.recipient = optarg; break;
        case 'a': opt.samples = optarg; break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    }
    if (opt.server == NULL || opt.messages == NULL || optind != argc) {
        usage(stderr);
        exit(2);
    }
    if (strlen(opt.sender) > 500 || strlen(opt.recipient) > 500)
        die(2, "an address of the envelope is too long");
}

int main(int argc, char **argv)
{
    struct samples all = {0};
    pthread_t *threads;
    struct conn **conns;
    uint64_t start, end;
    unsigned long unexpected = 0;
    pthread_attr_t attr;
    char extra[200];

    parse_options(argc, argv);
    load_install_signals(opt.seconds + 2 * opt.timeout + 10);
    mix_load(&mix, opt.messages, NULL, opt.seed);
    wire_build();
    threads = xmalloc(opt.connections * sizeof *threads);
    conns = xmalloc(opt.connections * sizeof *conns);
    pthread_barrier_init(&all_ready, NULL, opt.connections + 1);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 256 * 1024);
    for (unsigned i = 0; i < opt.connections; i++) {
        conns[i] = xmalloc(sizeof **conns);
        memset(conns[i], 0, sizeof **conns);
        conns[i]->number = i;
        conns[i]->fd = -1;
        if (pthread_create(&threads[i], &attr, connection_run, conns[i]) != 0)
            die(1, "cannot start thread %u", i);
    }
    pthread_barrier_wait(&all_ready);
    start = now_ns();
    deadline_ns = start + (uint64_t)opt.seconds * 1000000000u;
    pthread_barrier_wait(&all_ready);
    for (unsigned i = 0; i < opt.connections; i++)
        pthread_join(threads[i], NULL);
    end = now_ns();
    for (unsigned i = 0; i < opt.connections; i++)
        for (size_t j = 0; j < conns[i]->samples.count; j++) {
            samples_add(&all, conns[i]->samples.list[j]);
            unexpected += !is_expected(conns[i]->samples.list[j].code);
        }
    snprintf(extra, sizeof extra, ",\"unexpected\":%lu", unexpected);
    report_json(stdout, "smtp-load", &all, start, end, opt.connections, atomic_load(&error_count),
                extra);
    if (opt.samples)
        samples_write(opt.samples, &all);
    if (first_error[0])
        fprintf(stderr, "smtp-load: %lu connections failed, first: %s\n",
                atomic_load(&error_count), first_error);
    return atomic_load(&error_count) || unexpected || all.count == 0;
}

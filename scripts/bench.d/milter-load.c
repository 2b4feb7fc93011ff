/*
 * milter-load: speaks the milter protocol to a socket as Postfix does, and measures.
 *
 * As Postfix (measured with 3.7 and read in milter8.c): offers version 6, actions 0x1ff, protocol
 * 0x1fffff; honours the answered protocol bits (declined events are left out, no reply is awaited
 * where none is promised); one macro packet before every event, also before each header and each
 * body chunk, and before declined events from CONNECT to DATA; macro lists of the answer override
 * Postfix's; body chunks of at most 65,535 bytes; output through a buffer of 4,096 bytes that is
 * flushed when it is full, before a wait, and after DATA, where smtpd hands the socket to cleanup;
 * Nagle stays on; ABORT after each message, ABORT and QUIT at the end.
 * check_load.py compares the packets with those of a real Postfix.
 *
 * Latency of a message: from the writing of MAIL to the reading of the final reply.
 *
 * Exit status: 0 all messages had an expected reply, 1 errors or other replies, 2 wrong usage,
 * 3 the hard limit of time.
 */
#define _GNU_SOURCE

#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    NOCONNECT = 0x1, NOHELO = 0x2, NOMAIL = 0x4, NORCPT = 0x8, NOBODY = 0x10, NOHDRS = 0x20,
    NOEOH = 0x40, NR_HDR = 0x80, NODATA = 0x200, SKIP = 0x400, NR_CONN = 0x1000, NR_HELO = 0x2000,
    NR_MAIL = 0x4000, NR_RCPT = 0x8000, NR_DATA = 0x10000, NR_EOH = 0x40000, NR_BODY = 0x80000,
    LEADSPC = 0x100000,
    OFFERED_ACTIONS = 0x1ff, OFFERED_PROTOCOL = 0x1fffff,
    BODY_CHUNK = 65535,
    MAX_REPLY = 1 << 20,
};

enum stage { AT_CONNECT, AT_HELO, AT_MAIL, AT_RCPT, AT_DATA, AT_EOM, AT_EOH, STAGES };

/* What Postfix sends when the milter asks for nothing. */
static const char *const default_macros[STAGES] = {
    [AT_CONNECT] = "j {daemon_name} {daemon_addr} v _",
    [AT_HELO] = "{tls_version} {cipher} {cipher_bits} {cert_subject} {cert_issuer}",
    [AT_MAIL] = "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
    [AT_RCPT] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}",
    [AT_DATA] = "i",
    [AT_EOM] = "i",
    [AT_EOH] = "i",
};

static struct {
    const char *socket, *messages, *mark, *expect, *samples, *sender, *recipient, *client;
    unsigned connections, per_connection, seconds, timeout, write_size, interval_ms;
    unsigned long total;
    uint64_t seed;
    int probe;
} opt = {
    .sender = "nguoi.gui@example.net",
    .recipient = "nguoi.nhan@example.vn",
    .client = "192.0.2.10",
    .connections = 1,
    .total = 100,
    .seconds = 60,
    .timeout = 30,
    .write_size = 4096,
    .seed = 1,
};

static struct mix mix;
static atomic_ulong next_message;
static atomic_ulong error_count;
static pthread_barrier_t all_ready;
static uint64_t deadline_ns;
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;
static char first_error[256];
static char first_bad_reply[512];
static uint32_t answered_version, answered_actions, answered_protocol;
static char answered_macros[2048];
static unsigned long edit_count, progress_count;

struct conn {
    int fd;
    unsigned number;
    uint32_t protocol;
    char *macros[STAGES]; /* as the milter asked, or NULL for Postfix's own */
    uint8_t *out;
    size_t out_len;
    uint8_t in[65536];
    size_t in_at, in_len;
    uint8_t *reply; /* data of the reply that was read last */
    size_t reply_room;
    uint32_t reply_len;
    const char *queue_id; /* "" as long as Postfix has none */
    uint8_t macro_frame[STAGES][2048];
    size_t macro_len[STAGES];
    struct samples samples;
    unsigned long edits, progress;
    int failed;
    char error[256];
};

static int conn_fail(struct conn *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int conn_fail(struct conn *c, const char *format, ...)
{
    va_list ap;

    if (!c->failed) {
        va_start(ap, format);
        vsnprintf(c->error, sizeof c->error, format, ap);
        va_end(ap);
        c->failed = 1;
    }
    return -1;
}

/* --- output as through Postfix's VSTREAM -------------------------------------------------- */

static int out_flush(struct conn *c)
{
    size_t at = 0;

    while (at < c->out_len) {
        ssize_t n = write(c->fd, c->out + at, c->out_len - at);

        if (n < 0) {
            if (errno == EINTR)
                continue;
            return conn_fail(c, "write: %s", errno == EAGAIN ? "timed out" : strerror(errno));
        }
        at += (size_t)n;
    }
    c->out_len = 0;
    return 0;
}

static int out_put(struct conn *c, const void *data, size_t len)
{
    const uint8_t *p = data;

    while (len > 0) {
        size_t room = opt.write_size - c->out_len;
        size_t n = len < room ? len : room;

        memcpy(c->out + c->out_len, p, n);
        c->out_len += n;
        p += n;
        len -= n;
        if (c->out_len == opt.write_size && out_flush(c) != 0)
            return -1;
    }
    return 0;
}

static int out_frame(struct conn *c, char command, size_t data_len)
{
    uint8_t head[5];
    uint32_t len = htonl((uint32_t)data_len + 1);

    memcpy(head, &len, 4);
    head[4] = (uint8_t)command;
    return out_put(c, head, 5);
}

static int out_command(struct conn *c, char command, const void *data, size_t len)
{
    if (out_frame(c, command, len) != 0)
        return -1;
    return out_put(c, data, len);
}

/* --- input ------------------------------------------------------------------------------- */

static int in_get(struct conn *c, void *to, size_t len)
{
    uint8_t *p = to;

    while (len > 0) {
        size_t have = c->in_len - c->in_at;

        if (have == 0) {
            ssize_t n = read(c->fd, c->in, sizeof c->in);

            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0)
                return conn_fail(c, "read: %s", errno == EAGAIN ? "timed out" : strerror(errno));
            if (n == 0)
                return conn_fail(c, "the milter closed the connection");
            c->in_at = 0;
            c->in_len = (size_t)n;
            continue;
        }
        if (have > len)
            have = len;
        memcpy(p, c->in + c->in_at, have);
        c->in_at += have;
        p += have;
        len -= have;
    }
    return 0;
}

/* Flushes, reads one packet. Returns its command, or -1. */
static int read_packet(struct conn *c)
{
    uint32_t len;
    uint8_t command;

    if (out_flush(c) != 0 || in_get(c, &len, 4) != 0)
        return -1;
    len = ntohl(len);
    if (len == 0 || len > MAX_REPLY)
        return conn_fail(c, "a reply of %u bytes makes no sense", len);
    if (in_get(c, &command, 1) != 0)
        return -1;
    c->reply_len = len - 1;
    if (c->reply_room < len) {
        c->reply_room = len + 512;
        c->reply = xrealloc(c->reply, c->reply_room);
    }
    if (in_get(c, c->reply, c->reply_len) != 0)
        return -1;
    c->reply[c->reply_len] = 0;
    return command;
}

/*
 * The verdict for the event that was written last: a letter of SMFIR_*, or the SMTP code of a
 * reply code; -1 when the conversation is over. Edits and PROGRESS are counted and passed over.
 */
static int read_verdict(struct conn *c, int at_eom)
{
    for (;;) {
        int command = read_packet(c);

        switch (command) {
        case -1:
            return -1;
        case 'p':
            c->progress++;
            continue;
        case '+': case '-': case '2': case 'b': case 'e': case 'h': case 'i': case 'm': case 'q':
            if (!at_eom)
                return conn_fail(c, "edit '%c' before end of message", command);
            c->edits++;
            continue;
        case 'y':
            if (c->reply_len < 4 || (c->reply[0] != '4' && c->reply[0] != '5'))
                return conn_fail(c, "malformed reply code");
            return (c->reply[0] - '0') * 100 + (c->reply[1] - '0') * 10 + (c->reply[2] - '0');
        case 'a': case 'c': case 'd': case 'r': case 't': case 's': case '4': case 'f':
            return command;
        default:
            return conn_fail(c, "unknown reply 0x%02x", command);
        }
    }
}

/* --- macros ------------------------------------------------------------------------------ */

static const char *macro_value(const struct conn *c, const char *name)
{
    static const struct { const char *name, *value; } known[] = {
        {"j", "mail.example.vn"}, {"{daemon_name}", "mail.example.vn"},
        {"{daemon_addr}", "127.0.0.1"}, {"v", "Postfix 3.7.11"}, {"{client_name}", "client.example.net"},
        {"{client_port}", "40000"}, {"{client_ptr}", "client.example.net"},
        {"{client_connections}", "1"}, {"{mail_host}", "example.net"}, {"{mail_mailer}", "smtp"},
        {"{rcpt_host}", "example.vn"}, {"{rcpt_mailer}", "local"},
    };

    if (strcmp(name, "i") == 0)
        return c->queue_id;
    if (strcmp(name, "_") == 0)
        return "client.example.net [192.0.2.10]";
    if (strcmp(name, "{client_addr}") == 0)
        return opt.client;
    if (strcmp(name, "{mail_addr}") == 0)
        return opt.sender;
    if (strcmp(name, "{rcpt_addr}") == 0)
        return opt.recipient;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i].name) == 0)
            return known[i].value;
    return "";
}

/* Builds the macro packet for one stage; the command byte of the event is filled in when sent. */
static void macros_build(struct conn *c, enum stage stage)
{
    char names[1024], *save = NULL;
    uint8_t *out = c->macro_frame[stage];
    size_t at = 6, room = sizeof c->macro_frame[stage];
    uint32_t len;

    snprintf(names, sizeof names, "%s",
             c->macros[stage] ? c->macros[stage] : default_macros[stage]);
    for (char *name = strtok_r(names, " ,", &save); name; name = strtok_r(NULL, " ,", &save)) {
        const char *value = macro_value(c, name);
        size_t name_len = strlen(name) + 1, value_len = strlen(value) + 1;

        if (value_len == 1 || at + name_len + value_len > room)
            continue;
        memcpy(out + at, name, name_len);
        memcpy(out + at + name_len, value, value_len);
        at += name_len + value_len;
    }
    len = htonl((uint32_t)(at - 4));
    memcpy(out, &len, 4);
    out[4] = 'D';
    c->macro_len[stage] = at;
}

static int out_macros(struct conn *c, enum stage stage, char command)
{
    c->macro_frame[stage][5] = (uint8_t)command;
    return out_put(c, c->macro_frame[stage], c->macro_len[stage]);
}

/* --- a session --------------------------------------------------------------------------- */

/*
 * One event: its macros, the event itself unless it was declined, and the reply unless none was
 * promised. Returns 'c' where nothing was awaited.
 */
static int event(struct conn *c, enum stage stage, char command, uint32_t declined,
                 uint32_t no_reply, const void *data, size_t len)
{
    if (out_macros(c, stage, command) != 0)
        return -1;
    if (c->protocol & declined)
        return 'c';
    if (out_command(c, command, data, len) != 0)
        return -1;
    if (c->protocol & no_reply)
        return 'c';
    return read_verdict(c, 0);
}

static uint32_t get_u32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, 4);
    return ntohl(v);
}

static int negotiate(struct conn *c)
{
    uint32_t words[3] = {htonl(6), htonl(OFFERED_ACTIONS), htonl(OFFERED_PROTOCOL)};
    uint32_t version, actions, at = 12;
    char seen[sizeof answered_macros] = "";
    int command;

    if (out_command(c, 'O', words, sizeof words) != 0 || (command = read_packet(c)) < 0)
        return -1;
    if (command != 'O' || c->reply_len < 12)
        return conn_fail(c, "the answer to negotiation is '%c' with %u bytes", command,
                         c->reply_len);
    version = get_u32(c->reply);
    actions = get_u32(c->reply + 4);
    c->protocol = get_u32(c->reply + 8);
    if (version > 6 || (actions & ~(uint32_t)OFFERED_ACTIONS) ||
        (c->protocol & ~(uint32_t)OFFERED_PROTOCOL))
        return conn_fail(c, "answered version %u actions 0x%x protocol 0x%x, more than offered",
                         version, actions, c->protocol);
    if ((c->protocol & SKIP) && (c->protocol & NR_BODY))
        return conn_fail(c, "answered both SKIP and NR_BODY");
    while (at + 4 < c->reply_len) {
        uint32_t stage = get_u32(c->reply + at);
        const char *names = (const char *)c->reply + at + 4;
        size_t len = strnlen(names, c->reply_len - at - 4);

        if (at + 4 + len >= c->reply_len || stage >= STAGES)
            return conn_fail(c, "a macro list of the negotiation makes no sense");
        if (len > 0) {
            free(c->macros[stage]);
            c->macros[stage] = xstrdup(names);
        }
        size_t used = strlen(seen);
        snprintf(seen + used, sizeof seen - used, "%s%u:%s", used ? "; " : "", stage, names);
        at += 4 + (uint32_t)len + 1;
    }
    pthread_mutex_lock(&report_lock);
    answered_version = version;
    answered_actions = actions;
    answered_protocol = c->protocol;
    memcpy(answered_macros, seen, sizeof seen);
    pthread_mutex_unlock(&report_lock);
    return 0;
}

static int session_open(struct conn *c)
{
    uint8_t data[256];
    uint16_t port = htons(40000);
    int len, verdict;

    c->failed = 0;
    c->out_len = c->in_at = c->in_len = 0;
    c->queue_id = "";
    c->fd = load_connect(opt.socket, opt.timeout);
    if (c->fd < 0)
        return conn_fail(c, "connect %s: %s", opt.socket, strerror(errno));
    if (negotiate(c) != 0)
        return -1;
    macros_build(c, AT_CONNECT);
    macros_build(c, AT_HELO);
    len = snprintf((char *)data, 128, "client.example.net");
    data[len + 1] = '4';
    memcpy(data + len + 2, &port, 2);
    strcpy((char *)data + len + 4, opt.client);
    verdict = event(c, AT_CONNECT, 'C', NOCONNECT, NR_CONN, data,
                    (size_t)len + 4 + strlen(opt.client) + 1);
    if (verdict == 'c')
        verdict = event(c, AT_HELO, 'H', NOHELO, NR_HELO, "client.example.net", 19);
    if (verdict < 0)
        return -1;
    if (verdict != 'c')
        return conn_fail(c, "CONNECT or HELO was answered with %d", verdict);
    return 0;
}

static void session_close(struct conn *c)
{
    if (c->fd < 0)
        return;
    /* Postfix ends a session with one ABORT more, then QUIT */
    if (!c->failed && out_command(c, 'A', NULL, 0) == 0 && out_command(c, 'Q', NULL, 0) == 0)
        out_flush(c);
    close(c->fd);
    c->fd = -1;
    for (int i = 0; i < STAGES; i++) {
        free(c->macros[i]);
        c->macros[i] = NULL;
    }
}

/* A part of the body, with the text of this message where the mark stands. */
static int out_body(struct conn *c, const struct message *m, size_t from, size_t to,
                    const char *text, size_t *next_mark)
{
    while (*next_mark < m->mark_count && m->marks[*next_mark] < to) {
        size_t mark = m->marks[*next_mark], start = mark > from ? mark : from;
        size_t end = mark + MARK_LEN < to ? mark + MARK_LEN : to;

        if (out_put(c, m->raw + from, start - from) != 0 ||
            out_put(c, text + (start - mark), end - start) != 0)
            return -1;
        from = end;
        if (end < mark + MARK_LEN)
            return 0; /* the rest of this mark stands in the next chunk */
        ++*next_mark;
    }
    return out_put(c, m->raw + from, to - from);
}

static int header_event(struct conn *c, const struct header *h)
{
    size_t skip = !(c->protocol & LEADSPC) && h->value_len > 0 && h->value[0] == ' ';

    if (out_macros(c, AT_EOH, 'L') != 0 ||
        out_frame(c, 'L', h->name_len + 1 + h->value_len - skip + 1) != 0 ||
        out_put(c, h->name, h->name_len) != 0 || out_put(c, "", 1) != 0 ||
        out_put(c, h->value + skip, h->value_len - skip) != 0 || out_put(c, "", 1) != 0)
        return -1;
    return (c->protocol & NR_HDR) ? 'c' : read_verdict(c, 0);
}

static int envelope(struct conn *c, unsigned number, char queue_id[32])
{
    char text[512];
    int len, verdict;

    c->queue_id = "";
    macros_build(c, AT_MAIL);
    macros_build(c, AT_RCPT);
    len = snprintf(text, sizeof text, "<%s>", opt.sender);
    verdict = event(c, AT_MAIL, 'M', NOMAIL, NR_MAIL, text, (size_t)len + 1);
    if (verdict != 'c')
        return verdict;
    len = snprintf(text, sizeof text, "<%s>", opt.recipient);
    verdict = event(c, AT_RCPT, 'R', NORCPT, NR_RCPT, text, (size_t)len + 1);
    if (verdict != 'c')
        return verdict;
    /* Postfix knows the queue id from the first accepted recipient on */
    snprintf(queue_id, 32, "%05X%06X", c->number & 0xfffff, number & 0xffffff);
    c->queue_id = queue_id;
    macros_build(c, AT_DATA);
    macros_build(c, AT_EOH);
    macros_build(c, AT_EOM);
    verdict = event(c, AT_DATA, 'T', NODATA, NR_DATA, NULL, 0);
    if (verdict != 'c')
        return verdict;
    return out_flush(c) == 0 ? 'c' : -1; /* smtpd hands the socket to cleanup */
}

static int content(struct conn *c, const struct message *m, unsigned number)
{
    char text[MARK_LEN + 1];
    size_t next_mark = 0;
    int verdict = 'c';

    mark_text(text, c->number, number);
    if (!(c->protocol & NOHDRS))
        for (size_t i = 0; i < m->header_count && verdict == 'c'; i++)
            verdict = header_event(c, &m->headers[i]);
    if (verdict == 'c' && !(c->protocol & NOEOH))
        verdict = event(c, AT_EOH, 'N', 0, NR_EOH, NULL, 0);
    if (verdict != 'c')
        return verdict;
    if (!(c->protocol & NOBODY)) {
        for (size_t at = m->body_at; at < m->raw_len;) {
            size_t end = at + BODY_CHUNK < m->raw_len ? at + BODY_CHUNK : m->raw_len;

            if (out_macros(c, AT_EOM, 'B') != 0 || out_frame(c, 'B', end - at) != 0 ||
                out_body(c, m, at, end, text, &next_mark) != 0)
                return -1;
            at = end;
            if (c->protocol & NR_BODY)
                continue;
            verdict = read_verdict(c, 0);
            if (verdict == 's')
                break;
            if (verdict != 'c')
                return verdict;
        }
    }
    if (out_macros(c, AT_EOM, 'E') != 0 || out_command(c, 'E', NULL, 0) != 0)
        return -1;
    return read_verdict(c, 1);
}

/* Sends one message; returns its final reply or -1. ABORT follows in any case, as from Postfix. */
static int send_message(struct conn *c, const struct message *m, unsigned number)
{
    struct sample s = {.connection = c->number, .number = number};
    char queue_id[32];
    int verdict;

    s.start_ns = now_ns();
    verdict = envelope(c, number, queue_id);
    if (verdict == 'c')
        verdict = content(c, m, number);
    if (verdict < 0)
        return -1;
    s.end_ns = now_ns();
    s.code = verdict;
    samples_add(&c->samples, s);
    c->queue_id = "";
    return out_command(c, 'A', NULL, 0) == 0 ? verdict : -1;
}

static int is_expected(int code)
{
    char text[16];

    if (opt.expect == NULL)
        return code == 'a' || code == 'c';
    snprintf(text, sizeof text, code >= 200 ? "%d" : "%c", code);
    return strstr(opt.expect, text) != NULL;
}

static void note_bad_reply(const struct conn *c, const struct message *m, int code)
{
    pthread_mutex_lock(&report_lock);
    if (first_bad_reply[0] == 0)
        snprintf(first_bad_reply, sizeof first_bad_reply, "%.200s: %.250s", m->path,
                 code >= 200 ? (const char *)c->reply : (char[2]){(char)code, 0});
    pthread_mutex_unlock(&report_lock);
}

static void pause_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    nanosleep(&t, NULL);
}

static void *connection_run(void *arg)
{
    struct conn *c = arg;
    unsigned number = 0;
    int open = session_open(c) == 0;

    pthread_barrier_wait(&all_ready); /* main starts the clock */
    pthread_barrier_wait(&all_ready);
    while (open && !atomic_load(&load_stop) && now_ns() < deadline_ns) {
        unsigned long index = atomic_fetch_add(&next_message, 1);
        const struct message *m;
        int verdict;

        if (index >= opt.total)
            break;
        if (opt.per_connection && number > 0 && number % opt.per_connection == 0) {
            session_close(c);
            if (session_open(c) != 0)
                break;
        }
        m = &mix.messages[mix.order[index % mix.order_len]];
        verdict = send_message(c, m, number++);
        if (verdict < 0)
            break;
        if (!is_expected(verdict))
            note_bad_reply(c, m, verdict);
        if (opt.interval_ms)
            pause_ms(opt.interval_ms);
    }
    if (c->failed) {
        atomic_fetch_add(&error_count, 1);
        pthread_mutex_lock(&report_lock);
        if (first_error[0] == 0)
            memcpy(first_error, c->error, sizeof first_error);
        pthread_mutex_unlock(&report_lock);
    }
    session_close(c);
    return NULL;
}

/* Opens one session, prints what was negotiated. */
static int probe(void)
{
    struct conn *c = xmalloc(sizeof *c);

    memset(c, 0, sizeof *c);
    c->fd = -1;
    c->out = xmalloc(opt.write_size);
    if (session_open(c) != 0)
        die(1, "%s", c->error);
    session_close(c);
    printf("{\"version\":%u,\"actions\":\"0x%x\",\"protocol\":\"0x%x\",\"macros\":\"%s\"}\n",
           answered_version, answered_actions, answered_protocol, answered_macros);
    return 0;
}

static void usage(FILE *to)
{
    fputs("usage: milter-load --socket SPEC --messages PATH [options]\n"
          "       milter-load --socket SPEC --probe\n"
          "  --socket SPEC         unix:/path or inet:127.0.0.1:PORT\n"
          "  --messages PATH       a folder of *.eml, one .eml, or a list of WEIGHT<TAB>FILE lines\n"
          "  --connections N       connections at once (1)\n"
          "  --total N             messages over all connections (100)\n"
          "  --per-connection M    new connection after M messages (0: never)\n"
          "  --seconds S           begin no message after S seconds (60)\n"
          "  --timeout S           longest wait on a socket (30)\n"
          "  --interval-ms MS      pause after each message (0)\n"
          "  --write-size BYTES    output buffer (4096, as Postfix on unix sockets)\n"
          "  --seed N              order of the messages (1)\n"
          "  --mark TEXT           16 characters in bodies replaced by Gc<connection 4>m<message 9>\n"
          "  --expect LIST         expected final replies, e.g. a,c or 552 (a,c)\n"
          "  --from A --to B       envelope;  --client IP  address of the SMTP client\n"
          "  --samples FILE        one line per message\n"
          "  --probe               print what the milter answers to negotiation, and end\n"
          "prints one JSON object; SIGTERM ends early and prints too\n",
          to);
}

static void parse_options(int argc, char **argv)
{
    static const struct option options[] = {
        {"socket", 1, NULL, 's'},      {"messages", 1, NULL, 'm'}, {"connections", 1, NULL, 'n'},
        {"total", 1, NULL, 't'},       {"per-connection", 1, NULL, 'p'},
        {"seconds", 1, NULL, 'S'},     {"timeout", 1, NULL, 'T'},  {"interval-ms", 1, NULL, 'i'},
        {"write-size", 1, NULL, 'w'},  {"seed", 1, NULL, 'r'},     {"mark", 1, NULL, 'k'},
        {"expect", 1, NULL, 'e'},      {"from", 1, NULL, 'f'},     {"to", 1, NULL, 'o'},
        {"client", 1, NULL, 'c'},      {"samples", 1, NULL, 'a'},  {"probe", 0, NULL, 'P'},
        {"help", 0, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    int o;

    while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (o) {
        case 's': opt.socket = optarg; break;
        case 'm': opt.messages = optarg; break;
        case 'n': opt.connections = (unsigned)parse_number("--connections", optarg, 1, MAX_CONNECTIONS); break;
        case 't': opt.total = parse_number("--total", optarg, 1, MAX_TOTAL); break;
        case 'p': opt.per_connection = (unsigned)parse_number("--per-connection", optarg, 0, MAX_TOTAL); break;
        case 'S': opt.seconds = (unsigned)parse_number("--seconds", optarg, 1, MAX_SECONDS); break;
        case 'T': opt.timeout = (unsigned)parse_number("--timeout", optarg, 1, MAX_SECONDS); break;
        case 'i': opt.interval_ms = (unsigned)parse_number("--interval-ms", optarg, 0, 60000); break;
        case 'w': opt.write_size = (unsigned)parse_number("--write-size", optarg, 512, 1 << 20); break;
        case 'r': opt.seed = parse_number("--seed", optarg, 1, 1000000000); break;
        case 'k': opt.mark = optarg; break;
        case 'e': opt.expect = optarg; break;
        case 'f': opt.sender = optarg; break;
        case 'o': opt.recipient = optarg; break;
        case 'c': opt.client = optarg; break;
        case 'a': opt.samples = optarg; break;
        case 'P': opt.probe = 1; break;
        case 'h': usage(stdout); exit(0);
        default: usage(stderr); exit(2);
        }
    }
    if (opt.socket == NULL || (opt.messages == NULL && !opt.probe) || optind != argc) {
        usage(stderr);
        exit(2);
    }
    if (strlen(opt.sender) > 250 || strlen(opt.recipient) > 250 || strlen(opt.client) > 60)
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
    char extra[4096];

    parse_options(argc, argv);
    load_install_signals(opt.seconds + 2 * opt.timeout + 10);
    if (opt.probe)
        return probe();
    mix_load(&mix, opt.messages, opt.mark, opt.seed);

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
        conns[i]->out = xmalloc(opt.write_size);
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

    for (unsigned i = 0; i < opt.connections; i++) {
        for (size_t j = 0; j < conns[i]->samples.count; j++) {
            samples_add(&all, conns[i]->samples.list[j]);
            unexpected += !is_expected(conns[i]->samples.list[j].code);
        }
        edit_count += conns[i]->edits;
        progress_count += conns[i]->progress;
    }
    snprintf(extra, sizeof extra,
             ",\"unexpected\":%lu,\"edits\":%lu,\"progress\":%lu,\"protocol\":\"0x%x\","
             "\"actions\":\"0x%x\",\"start_ns\":%llu,\"end_ns\":%llu",
             unexpected, edit_count, progress_count, answered_protocol, answered_actions,
             (unsigned long long)start, (unsigned long long)end);
    report_json(stdout, "milter-load", &all, start, end, opt.connections,
                atomic_load(&error_count), extra);
    if (opt.samples)
        samples_write(opt.samples, &all);
    if (first_error[0])
        fprintf(stderr, "milter-load: %lu connections failed, first: %s\n",
                atomic_load(&error_count), first_error);
    if (first_bad_reply[0])
        fprintf(stderr, "milter-load: %lu unexpected replies, first: %s\n", unexpected,
                first_bad_reply);
    return atomic_load(&error_count) || unexpected || all.count == 0;
}

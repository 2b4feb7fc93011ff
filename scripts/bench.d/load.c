/* load.c: see load.h. */
#define _GNU_SOURCE

#include "load.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

atomic_int load_stop;

void die(int status, const char *format, ...)
{
    va_list ap;

    fputs("load: ", stderr);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
    exit(status);
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (p == NULL)
        die(1, "out of memory (%zu bytes)", size);
    return p;
}

void *xrealloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);

    if (p == NULL)
        die(1, "out of memory (%zu bytes)", size);
    return p;
}

char *xstrdup(const char *text)
{
    size_t len = strlen(text) + 1;

    return memcpy(xmalloc(len), text, len);
}

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

unsigned long parse_number(const char *option, const char *text, unsigned long min,
                           unsigned long max)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno != 0 || !isdigit((unsigned char)*text) || *end != 0 || value < min || value > max)
        die(2, "%s wants a number from %lu to %lu, got \"%s\"", option, min, max, text);
    return value;
}

/* --- messages --------------------------------------------------------------------------- */

/* Postfix removes these before a milter sees the message. */
static int header_is_dropped(const struct header *h)
{
    static const char *const names[] = {"Bcc", "Content-Length", "Resent-Bcc", "Return-Path"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (h->name_len == strlen(names[i]) && strncasecmp(h->name, names[i], h->name_len) == 0)
            return 1;
    return 0;
}

/* Fills headers and body_at from raw. A line that is no header starts the body. */
static void message_split(struct message *m)
{
    size_t at = 0, room = 0;
    char *out = m->header_text = xmalloc(m->raw_len + 1);

    while (at < m->raw_len) {
        const uint8_t *line = m->raw + at;
        const uint8_t *colon;
        size_t name_len, next = at;
        struct header h;

        if (m->raw_len - at >= 2 && line[0] == '\r' && line[1] == '\n') {
            at += 2;
            break;
        }
        /* a header is its first line and every following line that begins with white space */
        do {
            const uint8_t *eol = memchr(m->raw + next, '\n', m->raw_len - next);

            next = eol ? (size_t)(eol - m->raw) + 1 : m->raw_len;
        } while (next < m->raw_len && (m->raw[next] == ' ' || m->raw[next] == '\t'));
        colon = memchr(line, ':', next - at);
        if (colon == NULL || colon == line)
            break;
        name_len = (size_t)(colon - line);
        while (name_len > 0 && (line[name_len - 1] == ' ' || line[name_len - 1] == '\t'))
            name_len--;
        h.name = out;
        h.name_len = name_len;
        memcpy(out, line, name_len);
        out += name_len;
        h.value = out;
        for (const uint8_t *p = colon + 1; p < m->raw + next; p++)
            if (*p != '\r')
                *out++ = (char)*p;
        h.value_len = (size_t)(out - h.value);
        if (h.value_len > 0 && h.value[h.value_len - 1] == '\n') {
            h.value_len--;
            out--;
        }
        at = next;
        if (header_is_dropped(&h))
            continue;
        if (m->header_count == room) {
            room = room ? room * 2 : 32;
            m->headers = xrealloc(m->headers, room * sizeof *m->headers);
        }
        m->headers[m->header_count++] = h;
    }
    m->body_at = at;
}

static void message_load(struct message *m, const char *path, const char *mark)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    uint8_t *file, *out;
    size_t len;

    memset(m, 0, sizeof *m);
    m->path = xstrdup(path);
    if (f == NULL || fstat(fileno(f), &st) != 0)
        die(2, "cannot open %s: %s", path, strerror(errno));
    file = xmalloc((size_t)st.st_size);
    len = fread(file, 1, (size_t)st.st_size, f);
    if (ferror(f) || len != (size_t)st.st_size)
        die(2, "cannot read %s", path);
    fclose(f);

    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += file[i] == '\n';
    out = m->raw = xmalloc(len + lines + 2);
    for (size_t i = 0; i < len; i++) {
        if (file[i] == '\n' && (i == 0 || file[i - 1] != '\r'))
            *out++ = '\r';
        *out++ = file[i];
    }
    if (out == m->raw || out[-1] != '\n') {
        *out++ = '\r';
        *out++ = '\n';
    }
    free(file);
    m->raw_len = (size_t)(out - m->raw);
    message_split(m);

    if (mark != NULL) {
        uint8_t *p = m->raw + m->body_at;
        size_t room = 0;

        while ((p = memmem(p, m->raw_len - (size_t)(p - m->raw), mark, MARK_LEN)) != NULL) {
            if (m->mark_count == room) {
                room = room ? room * 2 : 16;
                m->marks = xrealloc(m->marks, room * sizeof *m->marks);
            }
            m->marks[m->mark_count++] = (size_t)(p - m->raw);
            p += MARK_LEN;
        }
    }
}

static void mix_add(struct mix *mix, const char *path, unsigned long weight, const char *mark)
{
    mix->messages = xrealloc(mix->messages, (mix->count + 1) * sizeof *mix->messages);
    message_load(&mix->messages[mix->count], path, mark);
    mix->order = xrealloc(mix->order, (mix->order_len + weight) * sizeof *mix->order);
    for (unsigned long i = 0; i < weight; i++)
        mix->order[mix->order_len++] = mix->count;
    mix->count++;
}

static int only_eml(const struct dirent *e)
{
    size_t len = strlen(e->d_name);

    return len > 4 && strcmp(e->d_name + len - 4, ".eml") == 0;
}

static void mix_load_folder(struct mix *mix, const char *path, const char *mark)
{
    struct dirent **names;
    int count = scandir(path, &names, only_eml, alphasort);

    if (count < 0)
        die(2, "cannot list %s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        char *file;

        if (asprintf(&file, "%s/%s", path, names[i]->d_name) < 0)
            die(1, "out of memory");
        mix_add(mix, file, 1, mark);
        free(file);
        free(names[i]);
    }
    free(names);
}

static void mix_load_list(struct mix *mix, const char *path, const char *mark)
{
    FILE *f = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0;

    if (f == NULL)
        die(2, "cannot open %s: %s", path, strerror(errno));
    while (getline(&line, &room, f) >= 0) {
        char *tab = strchr(line, '\t');

        number++;
        line[strcspn(line, "\r\n")] = 0;
        if (*line == 0 || *line == '#')
            continue;
        if (tab == NULL)
            die(2, "%s:%u: wanted WEIGHT<TAB>FILE, got \"%s\"", path, number, line);
        *tab = 0;
        mix_add(mix, tab + 1, parse_number("a weight", line, 1, 10000), mark);
    }
    free(line);
    fclose(f);
}

void mix_load(struct mix *mix, const char *path, const char *mark, uint64_t seed)
{
    struct stat st;
    size_t len = strlen(path);

    memset(mix, 0, sizeof *mix);
    if (mark != NULL && strlen(mark) != MARK_LEN)
        die(2, "--mark wants exactly %d characters", MARK_LEN);
    if (stat(path, &st) != 0)
        die(2, "cannot read %s: %s", path, strerror(errno));
    if (S_ISDIR(st.st_mode))
        mix_load_folder(mix, path, mark);
    else if (len > 4 && strcmp(path + len - 4, ".eml") == 0)
        mix_add(mix, path, 1, mark);
    else
        mix_load_list(mix, path, mark);
    if (mix->count == 0)
        die(2, "no message in %s", path);

    /* Fisher and Yates with xorshift64*: the same order in every run with the same seed */
    uint64_t x = seed ? seed : 1;
    for (size_t i = mix->order_len - 1; i > 0; i--) {
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        size_t j = (size_t)((x * 2685821657736338717u) % (i + 1));
        size_t t = mix->order[i];

        mix->order[i] = mix->order[j];
        mix->order[j] = t;
    }
}

void mark_text(char out[MARK_LEN + 1], unsigned connection, unsigned number)
{
    snprintf(out, MARK_LEN + 1, "Gc%04um%09u", connection % 10000, number % 1000000000);
}

/* --- samples ---------------------------------------------------------------------------- */

void samples_add(struct samples *s, struct sample sample)
{
    if (s->count == s->room) {
        s->room = s->room ? s->room * 2 : 1024;
        s->list = xrealloc(s->list, s->room * sizeof *s->list);
    }
    s->list[s->count++] = sample;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Nearest-rank percentile of a sorted list. */
static double percentile(const double *sorted, size_t count, double p)
{
    size_t rank;

    if (count == 0)
        return 0;
    rank = (size_t)(p / 100.0 * (double)count + 0.999999);
    if (rank < 1)
        rank = 1;
    return sorted[(rank > count ? count : rank) - 1];
}

static void json_code(FILE *out, int code, unsigned long count, const char *comma)
{
    if (code >= 200)
        fprintf(out, "%s\"%d\":%lu", comma, code, count);
    else
        fprintf(out, "%s\"%c\":%lu", comma, isalnum(code) ? code : '?', count);
}

void report_json(FILE *out, const char *tool, struct samples *all, uint64_t start_ns,
                 uint64_t end_ns, unsigned connections, unsigned long errors,
                 const char *extra_json)
{
    double *ms = xmalloc(all->count * sizeof *ms);
    double seconds = (double)(end_ns - start_ns) / 1e9;
    unsigned long codes[1000] = {0};
    const char *comma = "";

    for (size_t i = 0; i < all->count; i++) {
        const struct sample *s = &all->list[i];

        ms[i] = (double)(s->end_ns - s->start_ns) / 1e6;
        if (s->code >= 0 && s->code < 1000)
            codes[s->code]++;
    }
    qsort(ms, all->count, sizeof *ms, by_value);
    fprintf(out,
            "{\"tool\":\"%s\",\"connections\":%u,\"messages\":%zu,\"seconds\":%.6f,"
            "\"per_second\":%.3f,\"p50_ms\":%.4f,\"p95_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.4f,"
            "\"errors\":%lu,\"replies\":{",
            tool, connections, all->count, seconds,
            seconds > 0 ? (double)all->count / seconds : 0.0, percentile(ms, all->count, 50),
            percentile(ms, all->count, 95), percentile(ms, all->count, 99),
            all->count ? ms[all->count - 1] : 0.0, errors);
    for (int code = 0; code < 1000; code++)
        if (codes[code]) {
            json_code(out, code, codes[code], comma);
            comma = ",";
        }
    fprintf(out, "}%s}\n", extra_json ? extra_json : "");
    free(ms);
}

void samples_write(const char *path, const struct samples *all)
{
    FILE *f = fopen(path, "w");

    if (f == NULL)
        die(2, "cannot write %s: %s", path, strerror(errno));
    fputs("connection\tnumber\tstart_ns\tend_ns\tcode\n", f);
    for (size_t i = 0; i < all->count; i++) {
        const struct sample *s = &all->list[i];

        fprintf(f, "%u\t%u\t%llu\t%llu\t%d\n", s->connection, s->number,
                (unsigned long long)s->start_ns, (unsigned long long)s->end_ns, s->code);
    }
    if (fclose(f) != 0)
        die(1, "cannot write %s: %s", path, strerror(errno));
}

/* --- sockets and signals ---------------------------------------------------------------- */

int load_connect(const char *spec, unsigned timeout_s)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct timeval tv = {.tv_sec = (time_t)timeout_s};
    struct sockaddr *addr;
    socklen_t len;
    int fd;

    if (strncmp(spec, "unix:", 5) == 0) {
        if (strlen(spec + 5) >= sizeof un.sun_path)
            die(2, "the path of %s is too long for a unix socket", spec);
        strcpy(un.sun_path, spec + 5);
        addr = (struct sockaddr *)&un;
        len = sizeof un;
    } else if (strncmp(spec, "inet:", 5) == 0) {
        const char *colon = strrchr(spec + 5, ':');
        char host[64];

        if (colon == NULL || (size_t)(colon - spec - 5) >= sizeof host)
            die(2, "wanted inet:HOST:PORT, got %s", spec);
        memcpy(host, spec + 5, (size_t)(colon - spec - 5));
        host[colon - spec - 5] = 0;
        if (inet_pton(AF_INET, host, &in.sin_addr) != 1)
            die(2, "wanted an IPv4 address in %s", spec);
        if ((ntohl(in.sin_addr.s_addr) >> 24) != 127)
            die(2, "%s is not on the loopback; this tool speaks to nothing else", spec);
        in.sin_port = htons((uint16_t)parse_number("the port", colon + 1, 1, 65535));
        addr = (struct sockaddr *)&in;
        len = sizeof in;
    } else {
        die(2, "wanted unix:/path or inet:HOST:PORT, got %s", spec);
    }
    fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
    /* Nagle stays on, as Postfix leaves it */
    if (connect(fd, addr, len) != 0) {
        int e = errno;

        close(fd);
        errno = e;
        return -1;
    }
    return fd;
}

static void on_stop(int sig)
{
    (void)sig;
    atomic_store(&load_stop, 1);
}

static void on_hard_limit(int sig)
{
    static const char text[] = "load: the hard limit of time was reached; giving up\n";

    (void)sig;
    if (write(2, text, sizeof text - 1) < 0)
        _exit(4);
    _exit(3);
}

void load_install_signals(unsigned hard_limit_s)
{
    struct sigaction sa = {.sa_handler = on_stop};

    sa.sa_flags = SA_RESTART;
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    sa.sa_handler = on_hard_limit;
    sigaction(SIGALRM, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    alarm(hard_limit_s);
}

/*
 * load.h: what the two load generators (milter-load, smtp-load) have in common: the messages of a
 * mix, the order in which they are sent, and the figures that are printed at the end.
 *
 * Everything is bounded: number of messages, of connections, of seconds, and every wait on a
 * socket. Only loopback and unix sockets are spoken to.
 */
#ifndef GACTHU_BENCH_LOAD_H
#define GACTHU_BENCH_LOAD_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define MARK_LEN 16       /* length of --mark and of what replaces it */
#define MAX_CONNECTIONS 4096
#define MAX_TOTAL 10000000UL
#define MAX_SECONDS 3600

struct header {
    const char *name;
    size_t name_len;
    const char *value; /* from just after the colon; folded lines joined by \n, no \r */
    size_t value_len;
};

struct message {
    char *path;
    uint8_t *raw;  /* the whole message with CRLF line ends */
    size_t raw_len;
    struct header *headers;
    size_t header_count;
    char *header_text; /* owns names and values */
    size_t body_at;    /* offset of the body in raw */
    size_t *marks;     /* offsets in raw where the mark stands */
    size_t mark_count;
};

struct mix {
    struct message *messages;
    size_t count;
    size_t *order; /* deterministic order in which they are sent, cycled */
    size_t order_len;
};

/* One sent message. */
struct sample {
    uint64_t start_ns; /* CLOCK_MONOTONIC when MAIL was written */
    uint64_t end_ns;   /* ... when the final reply was read */
    int code;          /* final reply: SMFIR_* letter, or an SMTP code */
    uint32_t connection;
    uint32_t number; /* number of the message in its connection, from 0 */
};

struct samples {
    struct sample *list;
    size_t count;
    size_t room;
};

extern atomic_int load_stop; /* set by SIGTERM, SIGINT and by the deadline */

void *xmalloc(size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *text);
_Noreturn void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
uint64_t now_ns(void);
unsigned long parse_number(const char *option, const char *text, unsigned long min,
                           unsigned long max);

/* Reads PATH: a folder of *.eml, one .eml, or a list with "WEIGHT<TAB>FILE" on each line. */
void mix_load(struct mix *mix, const char *path, const char *mark, uint64_t seed);
/* What stands in the place of the mark for this message: 16 characters of the base64 alphabet. */
void mark_text(char out[MARK_LEN + 1], unsigned connection, unsigned number);

void samples_add(struct samples *samples, struct sample sample);
/* Opens unix:/path or inet:HOST:PORT (loopback only), with both time-outs set. -1 with errno. */
int load_connect(const char *spec, unsigned timeout_s);
void load_install_signals(unsigned hard_limit_s);

/* Prints one JSON object: rate, percentiles of latency, replies by code, errors. */
void report_json(FILE *out, const char *tool, struct samples *all, uint64_t start_ns,
                 uint64_t end_ns, unsigned connections, unsigned long errors,
                 const char *extra_json);
void samples_write(const char *path, const struct samples *all);

#endif
